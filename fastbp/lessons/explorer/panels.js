// What stands beside the drawing: the step of the walk, and the part that is pointed at.
const equation = ({ left, symbols, numbers: values, note, result }) => h("div", { class: "equation" },
  h("div", {}, left, symbols ? [" = ", symbols] : ""),
  values ? h("div", { class: "numbers" }, "= ", values) : null,
  result === undefined ? null : h("div", {}, "= ", h("strong", {}, format(result))),
  note ? h("div", { class: "note" }, note) : null);

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
    links.map(([kind, words]) => h("li", kinds.includes(kind) ? { "aria-current": "step" } : {},
      h("span", {}, words))));
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
  byId("step").replaceChildren(derivation(kinds), ...body, ...equations.map(equation),
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
    h("p", {}, `${change} the ${format(C)} before the update. Make the step to go on from there.`));
}

// ------------------------------------------------------------ a part of the drawing

function about(item) {
  const { part, l, j, k } = item, { net, L, example } = state;
  const node = `node ${nodeName(j)} of layer ${layerName(l)}`;
  const names = l === 0 ? example.inputs : example.outputs;
  const parts_ = {
    node: () => ({
      title: [symbol("a", { l, j }), l === 0 ? ", an input" : l === L ? ", an output" : ""],
      words: `${node[0].toUpperCase()}${node.slice(1)}` +
        `${(l === 0 || l === L) && names[j] ? `: ${names[j]}` : ""}.`,
      equations: l === 0 ? [EQUATIONS.x({ j })] : [EQUATIONS.z(item), EQUATIONS.a(item),
        ...(state.net.layers[l].activation === "softmax" ? [] : [EQUATIONS.g_prime(item)]),
        EQUATIONS.delta(item)],
      kinds: l === 0 ? ["input"] : ["z", "a", "delta"],
      spec: l === 0 ? ["input"] : ["b", "z", "a", ...SPECIFIED.delta(l)],
      path: [["node", l, j]],
      edit: l === 0 ? "x" : null,
    }),
    weight: () => ({
      title: [symbol("w", item), ", a weight"],
      words: `From node ${nodeName(k)} of layer ${layerName(l - 1)} to ${node}.`,
      equations: [EQUATIONS.dC_dw(item), EQUATIONS.chain(item),
        ...(l < L || !net.loss.fused ? [EQUATIONS.dC_da(item)] : []),
        ...(numbers.batch.length > 1 ? [EQUATIONS.mean(item)] : []), EQUATIONS.update(item)],
      kinds: ["gradient", ...(numbers.batch.length > 1 ? ["mean"] : []), "update"],
      spec: ["dC_dw", ...(numbers.batch.length > 1 ? ["mean"] : []), "w_new"],
      path: [["w", l, j, k], ["node", l, j]],
      edit: "w",
    }),
    bias: () => ({
      title: [symbol("b", item), ", a bias"],
      words: `Added to the input of ${node}: a weight from a node whose output is always 1.`,
      equations: [EQUATIONS.dC_db(item),
        ...(numbers.batch.length > 1 ? [EQUATIONS.mean({ l, j })] : []), EQUATIONS.update({ l, j })],
      kinds: ["gradient", "update"],
      spec: ["dC_db", "b_new"],
      path: [["b", l, j], ["node", l, j]],
      edit: "b",
    }),
    target: () => ({
      title: [symbol("y", { j }), ", a target"],
      words: `What ${node} should have given` +
        `${example.outputs[j] ? ` for ${example.outputs[j]}` : ""}.`,
      equations: [EQUATIONS.delta({ l: L, j })],
      kinds: ["loss", "delta"],
      spec: ["loss", "delta_output"],
      path: [],
      edit: "y",
    }),
    loss: () => ({
      title: [lossSymbol(), ", the loss"],
      words: "How far the outputs are from the targets, of this sample.",
      equations: [EQUATIONS.loss()],
      kinds: ["loss"],
      spec: ["loss"],
      path: [],
      edit: null,
    }),
  };
  return parts_[part]();
}

// How a part comes to move the loss.
function pathToLoss(path) {
  if (!path.length) return null;
  const { L } = state, words = [];
  for (const [kind, l, j, k] of path) {
    if (kind === "w") words.push(symbol("w", { l, j, k }));
    else if (kind === "b") words.push(symbol("b", { l, j }));
    else {
      if (l > 0) words.push(symbol("z", { l, j }));
      words.push(symbol("a", { l, j }));
      if (l < L) words.push(h("span", {}, `all nodes of layer ${layerName(l + 1)}`));
    }
  }
  words.push(lossSymbol());
  return h("p", { class: "path" }, "It moves the loss by: ",
    words.flatMap((word, i) => (i ? [" → ", word] : [word])));
}

// One place for the numbers that can be edited: where they are kept, and how they are named.
const PLACES = {
  x: ({ j }) => [state.X[shownSample()], j],
  y: ({ j }) => [state.Y[shownSample()], j],
  w: (item) => [state.net.w[item.l], weightAt(item)],
  b: ({ l, j }) => [state.net.b[l], j],
};
const placeName = (place, item) => (place === "x" ? plain("a", { l: 0, j: item.j })
  : plain(place, item));

function numberField(place, item, attributes = {}) {
  const [array, at] = PLACES[place](item);
  return h("input", {
    type: "number", step: "any", value: String(array[at]), autocomplete: "off",
    "aria-label": placeName(place, item),
    "data-place": `${place} ${item.l ?? 0} ${item.j} ${item.k ?? ""}`,
    ...attributes,
    oninput: ({ target }) => edit(place, item, target),
    onchange: ({ target }) => { target.value = String(PLACES[place](item).reduce((a, i) => a[i])); },
  });
}

// A number that is none leaves the old one, and says so.
function edit(place, item, field) {
  const value = field.value.trim() === "" ? NaN : Number(field.value);
  const problem = Number.isFinite(value) ? targetProblem(place, value) : "Not a finite number.";
  field.setAttribute("aria-invalid", String(Boolean(problem)));
  tell(problem);
  if (problem) return;
  const [array, at] = PLACES[place](item);
  array[at] = value;
  state.edited = true;
  changed(field);
  if (place === "y") tell(targetSum());
}

function targetProblem(place, value) {
  const { loss } = state.net;
  return place === "y" && loss.fused && (value < 0 || value > 1)
    ? `Targets of ${loss.label} lie between 0 and 1.` : "";
}

// Softmax with cross_entropy has its short delta where the targets sum to 1.
function targetSum() {
  const sum = state.Y[shownSample()].reduce((total, one) => total + one, 0);
  return state.net.loss.name === "cross_entropy" && Math.abs(sum - 1) > 1e-9
    ? `The targets of cross_entropy should sum to 1; they sum to ${format(sum)}.` : "";
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
  const { title, words, equations, kinds, spec, path, edit: place } = about(item);
  byId("detail-title").replaceChildren(...title.filter(Boolean));
  const canEdit = place && state.editable && isSame(item, state.selected) &&
    !(place === "b" && !state.net.b[item.l].length);
  panel.replaceChildren(
    h("p", {}, words),
    canEdit ? h("label", { class: "edit" }, "Edit ", numberField(place, item)) : "",
    ...equations.map(equation), pathToLoss(path) ?? "", derivation(kinds), specification(spec));
}

const isEditing = (panel) => panel.contains(document.activeElement) &&
  document.activeElement.matches("input");
