// Puts the parts together: what each control does, and what is drawn anew when a number changes.
const tell = (message) => { byId("message").textContent = message; };

// Draws everything but the field that is being typed into.
function refresh(field = null) {
  refreshDrawing();
  renderStep();
  if (!field || !byId("detail").contains(field)) renderDetail();
  else refreshDetailAround(field);
  renderTables(field);
  renderImages();
  drawCurve();
  byId("sample").value = String(shownSample());
}

// The equations below the field, which keeps its place and its text.
function refreshDetailAround(field) {
  const { equations } = about(state.selected), panel = byId("detail");
  panel.querySelectorAll(".equation").forEach((old, i) => old.replaceWith(equation(equations[i])));
  if (!panel.contains(field)) renderDetail();
}

function changed(field = null) {
  const focused = document.activeElement;
  field ??= focused.matches("#detail input, #tables input") ? focused : null;
  recompute();
  refresh(field);
  byId("reset").disabled = !state.edited && !state.trained;
}

function rebuild() {
  build();
  renderWindows();
  refresh();
}

function goTo(step, announce = true) {
  state.step = Math.max(0, Math.min(state.steps.length - 1, step));
  state.sample = shownSample();
  const { l, j } = state.steps[state.step];
  if (j !== undefined && reveal({ l, j })) rebuild();
  else refresh();
  followStep();
  putFirst("step");
  tell("");
  if (announce) byId("announced").textContent = announcement();
}

function announcement() {
  const step = state.steps[state.step];
  const results = stepEquations(step).equations
    .map(({ left, result }) => `${[left].flat().map((piece) => piece.textContent ?? piece).join("")} = ` +
      `${format(result)}`);
  return `${stepTitle(step)}. ${results.join("; ")}`;
}

// ------------------------------------------------------------ the controls

function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, name]) => h("option", { value }, name)));
  select.value = chosen;
}

function start(index) {
  if (playing !== null) pause();
  load(index);
  const { example, X, editable, L } = state;
  byId("title").textContent = example.title;
  byId("about").textContent = aboutExample();
  options(byId("sample"), X.map((_, i) => [String(i), sampleName(i)]), "0");
  const sizes = [1, 2, 4, 5, 8, 10, 16, 20, 32, 64, 100, 200].filter((m) => m < X.length);
  options(byId("batch"), [...new Set([...sizes, state.batchSize, X.length])].sort((a, b) => a - b)
    .map((m) => [String(m), m === X.length && m > 1 ? `${m}, all` : String(m)]),
  String(state.batchSize));
  byId("rate").value = String(state.rate);
  byId("order").value = "old";
  byId("order-choice").hidden = !editable || L < 2;
  byId("training").hidden = !editable;
  byId("reset").hidden = !editable;
  byId("reset").disabled = true;
  state.edited = false;
  zoom = 1;
  tell("");
  chooseGranularity();
  rebuild();
  renderWindows();
  byId("train-status").textContent = "";
}

function aboutExample() {
  const { example, editable } = state, sentences = [example.text];
  if (example.left_out) {
    sentences.push(`The page has the first ${example.X.shape[0].toLocaleString("en")} samples; ` +
      `${example.left_out.toLocaleString("en")} more are left out.`);
  }
  if (!editable) {
    sentences.push("The numbers are the library's own: this page computes only identity, sigmoid, tanh, " +
      "relu, leaky_relu and softmax with the squared errors and cross-entropies, so here nothing " +
      "can be edited or trained.");
  } else {
    const distance = distanceFromLibrary();
    sentences.push(distance < 1e-12
      ? "Computed in this page, and equal to the library to 12 digits."
      : `Computed in this page; the library's numbers differ by up to ${format(distance, 2)}.`);
  }
  return sentences.filter(Boolean).join(" ");
}

function sampleName(i) {
  const { outputs } = state.example, y = state.Y[i], best = y.indexOf(Math.max(...y));
  const oneHot = y.length > 1 && y[best] === 1 && y.reduce((total, share) => total + share, 0) === 1;
  if (outputs.length && oneHot) return `${i}: ${clip(outputs[best])}`;
  return oneHot ? `${i}: class ${best}` : String(i);
}

function chooseGranularity() {
  const select = byId("granularity");
  select.value = state.byNode && state.canGoByNode ? "node" : "layer";
  select.options[1].disabled = !state.canGoByNode;
}

// For each folded layer the window's place, as a slider and a number.
function renderWindows() {
  const layers = state.net.sizes.map((_, l) => l).filter(isFolded), box = byId("windows");
  box.hidden = layers.length === 0;
  box.replaceChildren(...layers.map((l) => {
    const n = state.net.sizes[l];
    const change = ({ target }) => {
      moveWindow(l, Number(target.value) - notation().first_node);
      for (const field of box.querySelectorAll(`[data-window="${l}"]`)) {
        field.value = String(nodeName(state.windows[l]));
      }
      build();
      refresh();
    };
    const shared = { "data-window": l, min: nodeName(0), max: nodeName(n - WINDOW),
      value: nodeName(state.windows[l]) };
    return h("div", { class: "window" },
      h("span", {}, `Layer ${layerName(l)}: ${WINDOW} of ${n.toLocaleString("en")} nodes, from `),
      h("input", { type: "number", ...shared, "aria-label": `first node shown of layer ${layerName(l)}`,
        onchange: change }),
      h("input", { type: "range", ...shared, "aria-label": `window of layer ${layerName(l)}`,
        oninput: change }));
  }));
}

options(byId("example"), data.examples.map(({ title }, i) => [String(i), clip(title, 60)]), "0");
options(byId("notation"), Object.entries(data.notations).map(([key, { name }]) => [key, name]),
  view.notation);
byId("example").addEventListener("change", ({ target }) => start(Number(target.value)));
byId("notation").addEventListener("change", ({ target }) => {
  view.notation = target.value;
  byId("notation-words").textContent = notation().about;
  rebuild();
});
byId("digits").addEventListener("change", ({ target }) => {
  view.digits = Number(target.value);
  refresh();
});
byId("indices").addEventListener("change", ({ target }) => {
  view.indices = target.checked;
  refreshDrawing();
});
byId("sample").addEventListener("change", ({ target }) => {
  const { kind, l, j } = state.steps[state.step];
  state.sample = Number(target.value);
  recompute();
  const same = state.steps.findIndex((step) => step.sample === state.sample && step.kind === kind &&
    step.l === l && step.j === j);
  goTo(same < 0 ? state.step : same);
});
byId("batch").addEventListener("change", ({ target }) => {
  state.batchSize = Number(target.value);
  state.step = 0;
  changed();
  chooseGranularity();
});
byId("granularity").addEventListener("change", ({ target }) => {
  state.byNode = target.value === "node";
  state.step = 0;
  changed();
});
byId("order").addEventListener("change", ({ target }) => {
  state.newWeights = target.value === "new";
  state.step = 0;
  changed();
});
byId("rate").addEventListener("input", ({ target }) => {
  const value = target.value.trim() === "" ? NaN : Number(target.value);
  const wrong = !(Number.isFinite(value) && value >= 0);
  target.setAttribute("aria-invalid", String(wrong));
  tell(wrong ? "The learning rate is a finite number, 0 or more." : "");
  if (wrong) return;
  state.rate = value;
  state.edited = true;
  changed(target);
});
byId("rate").addEventListener("change", ({ target }) => bringBack(target, state.rate));
byId("rate").addEventListener("paste", pasteNumber);
byId("reset").addEventListener("click", () => start(Number(byId("example").value)));

byId("first").addEventListener("click", () => goTo(0));
byId("back").addEventListener("click", () => goTo(state.step - 1));
byId("next").addEventListener("click", () => goTo(state.step + 1));
byId("last").addEventListener("click", () => goTo(state.steps.length - 1));
byId("slider").addEventListener("input", ({ target }) => goTo(Number(target.value), false));
byId("make-step").addEventListener("click", () => {
  trainOnce();
  changed();
  byId("train-status").textContent = lossWords();
});

byId("play").addEventListener("click", togglePlay);
byId("many").addEventListener("click", () => startPlaying(Infinity, Number(byId("count").value)));
byId("log").addEventListener("change", drawCurve);
byId("tables").addEventListener("toggle", () => renderTables());
byId("weight-view").addEventListener("change", () => renderTables());

byId("larger").addEventListener("click", () => setZoom(zoom * 1.25));
byId("smaller").addEventListener("click", () => setZoom(zoom / 1.25));
byId("fit").addEventListener("click", () => { zoom = 1; build(); refresh(); });
scroller.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  setZoom(zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
}, { passive: false });

let lastWidth = 0;
new ResizeObserver(([{ contentRect }]) => {
  if (Math.abs(contentRect.width - lastWidth) < 2) return;
  lastWidth = contentRect.width;
  build();
  refresh();
}).observe(scroller);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", renderImages);

byId("notation-words").textContent = notation().about;
start(0);
if (data.quiz) quiz.begin();
document.documentElement.dataset.ready = "";
performance.mark("ready");
