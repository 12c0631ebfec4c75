// What stands beside the drawing: the step of the walk, and the part that is pointed at.
const equation = ({ left, symbols, numbers: values, note, result }) => h("div", { class: "equation" },
  h("div", {}, left, symbols ? [" = ", symbols] : ""),
  values ? h("div", { class: "numbers" }, "= ", values) : null,
  result === undefined ? null : h("div", {}, "= ", h("strong", {}, format(result))),
  note ? h("div", { class: "note" }, note) : null);

// Those of a layer's nodes; what is noted of each alike stands below the first.
function equationsOfNodes(equations) {
  const elements = equations.map(equation), seen = new Set();
  for (const note of elements.flatMap((element) => [...element.querySelectorAll(".note")])) {
    if (seen.has(note.textContent)) note.remove();
    seen.add(note.textContent);
  }
  return elements;
}

function specification(names) {
  const lines = names.map((name) => data.specification[name]);
  return h("div", { class: "specification" },
    h("div", { class: "note" }, "In the specification, fastbp/reference.py:"),
    lines.map(({ line, text }) => h("div", {}, h("span", { class: "line" }, String(line)), " ",
      h("code", {}, text))));
}

// The derivation as a row of symbols; where one stands is marked.
function derivation(kinds) {
  const L = "l", place = { l: L, j: "j" }, i = shownSample();
  const links = [
    ["input", symbol("a", { l: 0, j: "k" })],
    ["z", symbol("z", place)],
    ["a", symbol("a", place)],
    ["loss", symbol("C", { i })],
    ["delta", symbol("delta", place)],
    ["gradient", symbol("dC_dw", { ...place, k: "k", i })],
    ...(numbers.batch.length > 1 ? [["mean", h("span", {}, "mean")]] : []),
    ["update", h("span", {}, symbol("w", { ...place, k: "k" }), " new")],
  ];
  return h("ol", { class: "derivation", "aria-label": "Where this stands in the derivation" },
    links.map(([kind, name]) => h("li", kinds.includes(kind) ? { "aria-current": "step" } : {},
      h("span", {}, name))));
}

function renderStep() {
  const step = state.steps[state.step], { equations, left, of } = stepEquations(step);
  const kinds = step.kind === "after" ? ["loss"] : [step.kind];
  const body = [];
  if (step.kind === "after") body.push(afterWords());
  if (step.kind === "delta" && step.l < state.L) {
    body.push(h("p", {}, `The nodes of layer ${layerName(step.l + 1)} hand their deltas down, each ` +
      "through its weight."));
  }
  byId("step-title").textContent = stepTitle(step);
  byId("step-count").textContent = `Step ${state.step + 1} of ${state.steps.length}`;
  byId("step").replaceChildren(derivation(kinds), ...body, ...equationsOfNodes(equations),
    left > 0 ? h("p", { class: "note" },
      `… and ${left.toLocaleString("en")} more ${of}: point at one, or see the tables.`) : "",
    specification(SPECIFIED[step.kind](step.l)));
  const slider = byId("slider");
  slider.max = state.steps.length - 1;
  slider.value = state.step;
  slider.setAttribute("aria-valuetext",
    `step ${state.step + 1} of ${state.steps.length}: ${stepTitle(step)}`);
  byId("first").disabled = byId("back").disabled = state.step === 0;
  byId("next").disabled = byId("last").disabled = state.step === state.steps.length - 1;
}

function afterWords() {
  const { C, newC } = numbers, all = numbers.batch.length > 1 ? "mean loss of the batch" : "loss";
  if (newC === null) {
    return h("p", {}, "Every weight has moved. This page shows the library's numbers of this " +
      "network and cannot compute it anew.");
  }
  const change = newC < C ? "less than" : newC > C ? "more than" : "the same as";
  return h("div", {}, h("p", {}, `With all new weights the ${all} is`),
    h("p", { class: "result" }, h("strong", {}, format(newC))),
    h("p", {}, `${change} the ${format(C)} before the update. Press One step to go on from there.`),
    state.L > 1 ? bothOrders() : null);
}

// Two programs that readers write: both losses, with all digits, for they differ late.
function bothOrders() {
  const row = (newWeights, words) => {
    const isChosen = newWeights === state.newWeights, value = format(lossAfter(newWeights), 17);
    return h("tr", {}, h("th", { scope: "row" }, words),
      h("td", { class: "n" }, isChosen ? h("strong", {}, value) : value));
  };
  return h("table", { class: "orders" },
    h("caption", {}, "The same step by two programs: the layer below uses"),
    h("tbody", {}, row(false, "the old weights (right)"), row(true, "the new weights (the slip)")));
}

// Where the panels stand below the drawing, the one that was asked for last is first.
function putFirst(id) {
  document.querySelector(".side").dataset.first = id;
}

function renderDetail(item = state.selected) {
  const panel = byId("detail");
  if (!item) {
    panel.replaceChildren(h("p", { class: "note" }, "Point at, tap or focus a node, a weight, a " +
      "bias or a target: its formula, its numbers and its place stand here" +
      (state.editable ? ", and the number can be edited." : ".")));
    byId("detail-title").textContent = "A node or a weight";
    return;
  }
  const { title, text, equations, kinds, specified, path, place } = about(item);
  byId("detail-title").replaceChildren(...title.filter(Boolean));
  const canEdit = place && state.editable && isSame(item, state.selected);
  panel.replaceChildren(
    h("p", {}, text),
    canEdit ? h("label", { class: "edit" }, "Edit ", numberField(place, item)) : "",
    ...equations.map(equation),
    path.length ? h("p", { class: "path" }, "It moves the loss by: ",
      path.flatMap((link, i) => (i ? [" → ", link] : [link]))) : "",
    derivation(kinds), specification(specified));
}

const isEditing = (panel) => panel.contains(document.activeElement) &&
  document.activeElement.matches("input");
