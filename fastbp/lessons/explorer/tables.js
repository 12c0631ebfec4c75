// The numbers as tables: a layer's nodes, its weights, and the samples.
function table(caption, head, rows) {
  const element = h("table", {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, head.map((cell) => h("th", { scope: "col" }, cell)))),
    h("tbody", {}, rows.map(([first, ...cells]) => h("tr", {}, h("th", { scope: "row" }, first),
      cells.map((cell) => h("td", { class: "n" }, cell))))));
  return h("div", { class: "scroll", role: "region", tabindex: "0",
    "aria-label": element.caption.textContent }, element);
}

const cell = (place, item) => (state.editable ? numberField(place, item)
  : format(valueAt(place, item)));

function nodeTable(l) {
  const { net } = state, pass = shownPass(), nodes = shownNodes(l);
  const general = { l, j: "j" };
  const biased = net.b[l].length > 0;
  const head = ["node", ...(biased ? [symbol("b", general)] : []), symbol("z", general),
    symbol("a", general), applied("g_prime", l, "z"), symbol("delta", general),
    ...(biased ? [symbol("dC_db", { ...general, i: shownSample() })] : [])];
  const rows = nodes.map((j) => [String(nodeName(j)),
    ...(biased ? [cell("b", { l, j })] : []),
    format(pass.z[l][j]), format(pass.a[l][j]), format(pass.gPrime[l]?.[j] ?? null),
    format(pass.delta[l][j]), ...(biased ? [format(pass.delta[l][j])] : [])]);
  return table(`Nodes of layer ${layerName(l)}${windowWords(l)}`, head, rows);
}

const windowWords = (l) => (isFolded(l)
  ? `, ${nodeName(state.windows[l])} to ${nodeName(state.windows[l] + WINDOW - 1)} of ` +
    `${state.net.sizes[l].toLocaleString("en")}` : "");

const WEIGHT_VIEWS = {
  w: ["Weights", (item) => cell("w", item)],
  slope: ["Slopes, of this sample", (item) => format(weightSlope(shownPass(), item))],
  mean: ["Slopes, mean over the batch",
    (item) => format(numbers.gradients[item.l].w[weightAt(item)])],
  after: ["Weights after the update", (item) => format(numbers.after.w[item.l][weightAt(item)])],
};

function weightTable(l) {
  const [title, number] = WEIGHT_VIEWS[byId("weight-view").value];
  const columns = shownNodes(l - 1);
  return table(`${title}: layer ${layerName(l)}, row = node of layer ${layerName(l)}, ` +
    `column = node of layer ${layerName(l - 1)}`,
  ["node", ...columns.map((k) => String(nodeName(k)))],
  shownNodes(l).map((j) => [String(nodeName(j)), ...columns.map((k) => number({ l, j, k }))]));
}

function inputTable() {
  const { example, L } = state, { inputs, outputs } = example, pass = shownPass();
  const named = (names, j) => (names[j] ? `${nodeName(j)}: ${clip(names[j], 40)}` : `${nodeName(j)}`);
  return [
    table(`Inputs of sample ${shownSample()}${windowWords(0)}`, ["node", symbol("a", { l: 0, j: "j" })],
      shownNodes(0).map((j) => [named(inputs, j), cell("x", { l: 0, j })])),
    table(`Outputs and targets of sample ${shownSample()}${windowWords(L)}`,
      ["node", symbol("a", { l: L, j: "j" }), symbol("y", { j: "j" })],
      shownNodes(L).map((j) => [named(outputs, j), format(pass.a[L][j]), cell("y", { l: L, j })])),
  ];
}

function batchTable() {
  const { L } = state, { batch, passes } = numbers, outputs = shownNodes(L);
  const rows = batch.map((i) => [String(i), ...outputs.map((j) => format(passes.get(i).a[L][j])),
    format(passes.get(i).C)]);
  return table("The batch, sample by sample", ["sample",
    ...outputs.map((j) => symbol("a", { l: L, j })), symbol("C", { i: "i" })],
  [...rows, ["mean", ...outputs.map(() => ""), format(numbers.C)]]);
}

// Only while the tables are open. Around a field that is being typed into the cells are exchanged one
// by one, so that it stays as it is.
function renderTables(field = null) {
  if (!byId("tables").open) return;
  const layers = Array.from({ length: state.L }, (_, i) => i + 1), list = byId("table-list");
  const tables = [...inputTable(), batchTable(),
    ...layers.flatMap((l) => [weightTable(l), nodeTable(l)])];
  if (!field || !list.contains(field)) {
    const focused = [...list.children].indexOf(document.activeElement); // a table that is scrolled
    list.replaceChildren(...tables);
    tables[focused]?.focus({ preventScroll: true });
    return;
  }
  const cells = tables.flatMap((element) => [...element.querySelectorAll("td")]);
  list.querySelectorAll("td").forEach((old, i) => {
    if (!old.contains(field)) old.replaceWith(cells[i]);
  });
}
