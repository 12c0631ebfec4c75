// The network as SVG: built once for a network and a width, then refreshed with each step.
const RADIUS = 23, EDGE = 30, TOP = 78, MOST_LABELLED = 24;
const svg = byId("net"), scroller = byId("scroll");
const parts = new Map(); // key of a part -> its elements and places
const CLEAR = 60; // from a node's middle to that of a number beside it, past the box of its bias
const NARROW = 130; // between layers: numbers of lines then have two digits, or nodes would hide them
let zoom = 1, base = { width: 0, height: 0, scale: 1, gap: 0 };

const partKey = ({ part, l, j, k }) =>
  [part, l, j, k].filter((index) => index !== undefined).join(" ");

function s(name, attributes = {}, ...children) {
  const element = document.createElementNS(svg.namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const label = (x, y, classes = "") => s("text", { x, y, class: classes });

// Writes a symbol into an SVG text: indices as smaller tspans.
function writeSymbol(element, name, indices) {
  let shift = 0;
  element.replaceChildren(...pieces(name, indices).map(([style, text]) => {
    const level = style === "_" ? 4 : style === "^" ? -5 : 0;
    const tspan = s("tspan", { dy: level - shift }, text);
    if (style) tspan.setAttribute("class", "index");
    shift = level;
    return tspan;
  }));
}

// A symbol beside a line; of one in code only its indices, for the room.
function writeIndices(element, name, indices) {
  if (notation().code) element.textContent = plain(name, indices).replace(/^[^[]*/, "");
  else writeSymbol(element, name, indices);
}

function places() {
  const { net, L } = state;
  const rows = Math.max(...net.sizes.map((_, l) => shownCount(l)));
  const spacing = rows <= 3 ? 112 : rows <= 4 ? 96 : 86;
  const scale = scroller.clientWidth > 620 && rows < 5 ? 1.3 : 1; // what 100 % is
  const wide = Math.max(scroller.clientWidth, 300) / scale;
  const last = 74; // from an output to its target
  const gap = Math.min(250, Math.max(94, (wide - 2 * EDGE - 6 - last) / Math.max(L, 1)));
  const top = TOP + (state.net.sizes.some((_, l) => isFolded(l)) ? 20 : 0);
  const height = top + (rows - 1) * spacing + 84;
  const left = Math.max(EDGE, (wide - gap * L - last - 36) / 2);
  const y = (l, at) => top + ((rows - shownCount(l)) * spacing) / 2 + at * spacing;
  return { scale, x: (l) => left + gap * l, y, height, spacing, gap, rows,
    targetX: left + gap * L + last, width: left + gap * L + last + 36 };
}

function build() {
  const { net, L } = state, at = places();
  const focused = svg.contains(document.activeElement) && document.activeElement.dataset.key;
  const stop = roving && partKey(roving.item);
  parts.clear();
  base = { width: Math.max(at.width, (scroller.clientWidth - 1) / at.scale), height: at.height,
    scale: at.scale, gap: at.gap };
  svg.setAttribute("viewBox", `0 0 ${base.width} ${base.height}`);
  const edges = s("g", { class: "edges" }), nodes = s("g", { class: "nodes" });
  for (let l = 1; l <= L; l++) buildEdges(l, at, edges);
  for (let l = 0; l <= L; l++) buildLayer(l, at, nodes);
  buildTargets(at, nodes);
  svg.replaceChildren(edges, nodes);
  setZoom(zoom);
  // What had the focus, or would get it next, does so again where it is still drawn.
  roveTo(parts.get(stop) ?? parts.get(partKey({ part: "node", l: 0, j: state.windows[0] })));
  if (focused) roving.group.focus({ preventScroll: true });
}

function add(item, group, extra = {}) {
  group.classList.add("part", item.part);
  group.setAttribute("role", "button");
  group.setAttribute("tabindex", "-1");
  group.dataset.key = partKey(item);
  // Spaces between its texts, which are read one after the other.
  for (const text of group.querySelectorAll("text")) text.before(" ");
  const entry = { item, group, ...extra };
  parts.set(partKey(item), entry);
  return entry;
}

function buildEdges(l, at, into) {
  const ks = shownNodes(l - 1), js = shownNodes(l), from = at.x(l - 1), to = at.x(l);
  // So placed, the numbers of all edges are a lattice of even rows, the wider apart the smaller the
  // smaller layer is; but none is put over a node or the box of its bias.
  const gap = to - from, narrow = gap < NARROW;
  const even = narrow || js.length <= ks.length ? 1 / (js.length + 1) : ks.length / (ks.length + 1);
  const least = (narrow ? RADIUS + 19 : CLEAR) / gap;
  const t = Math.max(least, Math.min(1 - least, even));
  const spots = [];
  ks.forEach((k, row) => js.forEach((j, column) => {
    const y1 = at.y(l - 1, row), y2 = at.y(l, column);
    const length = Math.hypot(to - from, y2 - y1);
    const [dx, dy] = [((to - from) / length) * RADIUS, ((y2 - y1) / length) * RADIUS];
    const line = { x1: from + dx, y1: y1 + dy, x2: to - dx, y2: y2 - dy };
    const y = y1 + t * (y2 - y1);
    spots.push(y);
    const value = label(from + t * (to - from), y + 4, "middle small value");
    const group = s("g", {}, s("line", { ...line, class: "reach" }),
      s("line", { ...line, class: "edge-line" }), value);
    add({ part: "weight", l, j, k }, group, { line: group.querySelector(".edge-line"), value });
    into.append(group);
  }));
  spots.sort((a, b) => a - b);
  const crowded = spots.length > MOST_LABELLED ||
    spots.some((y, i) => i > 0 && y - spots[i - 1] < 12.5);
  if (crowded) {
    for (const { item, group } of parts.values()) {
      if (item.part === "weight" && item.l === l) group.classList.add("crowded");
    }
  }
}

function buildLayer(l, at, into) {
  const { net, L } = state, x = at.x(l);
  const title = label(x, 16, "middle strong");
  title.textContent = l === 0 ? "input" : l === L ? "output" : "hidden";
  const number = label(x, 31, "middle small");
  number.dataset.layer = l;
  into.append(title, number);
  shownNodes(l).forEach((j, row) => {
    const y = at.y(l, row);
    const name = label(x, y - RADIUS - 5, "middle name");
    const value = label(x, y + 4, "middle figure"), delta = label(x, y + 11, "middle figure delta");
    const group = s("g", {}, s("circle", { cx: x, cy: y, r: RADIUS }), name, value, delta);
    add({ part: "node", l, j }, group, { name, value, delta, x, y });
    into.append(group);
    if (l === 0) {
      const input = state.example.inputs[j];
      into.append(columnName(input, x - EDGE + 3, y + RADIUS + 14, "small"));
    }
    if (l > 0 && net.b[l].length) {
      const text = label(x, y + RADIUS + 16, "middle small");
      const box = s("rect", { x: x - 35, y: y + RADIUS + 4, width: 70, height: 16, rx: 5 });
      const bias = s("g", {}, s("line", { x1: x, y1: y + RADIUS, x2: x, y2: y + RADIUS + 4 }),
        box, text);
      add({ part: "bias", l, j }, bias, { value: text });
      into.append(bias);
    }
  });
  if (isFolded(l)) buildFold(l, at, into);
}

// What the data call an input or an output.
function columnName(name, x, y, classes) {
  const text = label(x, y, classes);
  text.textContent = clip(name ?? "", 12);
  return text;
}

// What a folded layer hides, above and below its window.
function buildFold(l, at, into) {
  const first = state.windows[l], after = state.net.sizes[l] - first - shownCount(l), x = at.x(l);
  const top = at.y(l, 0) - RADIUS - 20, bottom = at.y(l, shownCount(l) - 1) + RADIUS + 34;
  for (const [count, y, word] of [[first, top, "above"], [after, bottom, "below"]]) {
    if (count === 0) continue;
    const text = label(Math.max(x, 42), y, "middle small"); // so that none is cut off at the left
    text.textContent = `⋮ ${count.toLocaleString("en")} ${word}`;
    into.append(text);
  }
}

function buildTargets(at, into) {
  const { L } = state, x = at.targetX;
  const title = label(x, 16, "middle strong");
  title.textContent = "target";
  into.append(title);
  shownNodes(L).forEach((j, row) => {
    const y = at.y(L, row);
    const name = label(x, y - 20, "middle name"), value = label(x, y + 4, "middle figure");
    const group = s("g", {}, s("line", { x1: at.x(L) + RADIUS, y1: y, x2: x - 25, y2: y }),
      s("rect", { x: x - 25, y: y - 15, width: 50, height: 30, rx: 3 }), name, value);
    add({ part: "target", l: L, j }, group, { name, value });
    into.append(group, columnName(state.example.outputs[j], x, y + 28, "small middle"));
  });
  const y = at.y(L, shownCount(L) - 1) + 56;
  const name = label(x - 1, y - 2, "middle name"), value = label(x - 1, y + 13, "middle figure");
  const group = s("g", {}, s("rect", { x: x - 34, y: y - 17, width: 66, height: 36, rx: 18 }),
    name, value);
  add({ part: "loss", l: L }, group, { name, value });
  into.append(group);
}

const AXES = [
  { start: "x", size: "width", scroll: "scrollLeft", view: "clientWidth" },
  { start: "y", size: "height", scroll: "scrollTop", view: "clientHeight" },
];

// What is in the middle of the view stays there.
function setZoom(value) {
  const middles = AXES.map(({ size, scroll, view }) =>
    (scroller[scroll] + scroller[view] / 2) / (parseFloat(svg.style[size]) || Infinity));
  zoom = Math.max(0.5, Math.min(4, value));
  AXES.forEach(({ size }) => { svg.style[size] = `${base[size] * base.scale * zoom}px`; });
  scroller.style.setProperty("--fit", `${base.height * base.scale}px`);
  AXES.forEach(({ size, scroll, view }, i) => {
    scroller[scroll] = middles[i] * parseFloat(svg.style[size]) - scroller[view] / 2;
  });
  byId("zoom").textContent = `${Math.round(zoom * 100)} %`;
}

// Scrolls the drawing, where it is larger than its box, to what the step is about.
function followStep() {
  const scale = base.scale * zoom, margin = (2 * RADIUS + 6) * scale; // the node that a line ends at
  const boxes = (selector) => [...svg.querySelectorAll(selector)].map((group) => group.getBBox());
  const all = boxes(".current"), nodes = boxes(".current:not(.weight)");
  for (const { start, size, scroll, view } of AXES) {
    const room = scroller[view];
    const ends = (parts) => [Math.min(...parts.map((box) => box[start])) * scale - margin,
      Math.max(...parts.map((box) => box[start] + box[size])) * scale + margin];
    let [from, to] = ends(all);
    if (to - from > room && nodes.length) [from, to] = ends(nodes); // their weights lead out of sight
    if (to - from > room) scroller[scroll] = (from + to - room) / 2;
    else scroller[scroll] = Math.max(to - room, Math.min(from, scroller[scroll]));
  }
}

// What a weight's line shows now, and whether the walk has come to it.
function edgeNumber({ l, j, k }) {
  const at = weightAt({ l, j, k }), step = state.steps[state.step];
  if (step.kind === "delta" && isCurrent(step, { part: "weight", l, j, k })) {
    return [numberedWeights().w[l][at], "weight"]; // what the delta is computed with
  }
  if (step.kind === "after" || isReached("update", l, j)) return [numbers.after.w[l][at], "new"];
  if (numbers.batch.length > 1 && isReached("mean", l, j)) {
    return [numbers.gradients[l].w[at], "slope"];
  }
  if (isReached("gradient", l, j)) return [weightSlope(shownPass(), { l, j, k }), "slope"];
  return [state.net.w[l][at], "weight"];
}

// The same of a bias; one that is fixed stays what it is.
function biasNumber({ l, j }) {
  const isReady = isReached("update", l, j) || state.steps[state.step].kind === "after";
  if (isReady) return [numbers.after.b[l][j], state.net.bias === true ? "new" : "weight"];
  if (numbers.batch.length > 1 && isReached("mean", l, j)) return [numbers.gradients[l].b[j], "slope"];
  if (isReached("gradient", l, j)) return [shownPass().delta[l][j], "slope"];
  return [state.net.b[l][j], "weight"];
}

const SPOKEN = { weight: "", slope: "slope of ", new: "new " };

// As wide as a node or its box at most: zeros after the point or at the end cost digits.
function short(value, digits = 3) {
  const size = Math.abs(value);
  if ((size > 0 && size < 0.001) || (size >= 99950 && size < Infinity)) {
    return value.toExponential(0).replace("e+", "e").replace(/-/g, "−");
  }
  return format(value, Math.min(view.digits, size < 0.01 ? digits - 1 : digits));
}

function refreshDrawing() {
  const { net, L } = state, step = state.steps[state.step], pass = shownPass();
  const largest = net.w.map((weights) =>
    (weights ?? []).reduce((most, w) => Math.max(most, Math.abs(w)), 1e-9));
  for (const element of svg.querySelectorAll("[data-layer]")) {
    element.textContent = `layer ${layerName(Number(element.dataset.layer))}`;
  }
  for (const { item, group, name, value, delta, line } of parts.values()) {
    const { part, l, j } = item;
    let spoken = "";
    if (part === "weight") {
      const w = net.w[l][weightAt(item)], [shown, kind] = edgeNumber(item);
      group.classList.toggle("negative", w < 0);
      line.style.strokeWidth = 0.8 + 3.2 * Math.abs(w) / largest[l];
      if (view.indices) writeIndices(value, "w", item);
      else value.textContent = short(shown, base.gap < NARROW ? 2 : 3);
      value.setAttribute("class", `middle small value ${view.indices ? "weight" : kind}`);
      spoken = `${SPOKEN[kind]}weight ${plain("w", item)}` +
        ` from node ${nodeName(item.k)} of layer ${layerName(l - 1)}` +
        ` to node ${nodeName(j)} of layer ${layerName(l)}`;
    } else if (part === "bias") {
      const [shown, kind] = biasNumber(item);
      if (view.indices) writeIndices(value, "b", item);
      else value.textContent = kind === "slope" ? short(shown, 2) : `b = ${short(shown, 2)}`;
      value.setAttribute("class", `middle small ${view.indices ? "" : kind}`);
      spoken = `${SPOKEN[kind]}bias ${plain("b", item)} of node ${nodeName(j)} of layer ${layerName(l)}`;
    } else if (part === "target") {
      writeSymbol(name, "y", { j });
      value.textContent = short(state.Y[shownSample()][j]);
      spoken = `target of node ${nodeName(j)}${state.example.outputs[j]
        ? `, ${clip(state.example.outputs[j])}` : ""}`;
    } else if (part === "loss") {
      const known = step.kind === "after" ? numbers.newC
        : isReached("loss", L) ? pass.C : undefined;
      const isMean = step.kind === "after" && numbers.batch.length > 1;
      writeSymbol(name, isMean ? "batch_C" : "C", { i: shownSample() });
      if (step.kind === "after") name.prepend("new ");
      value.textContent = known === undefined ? "·" : short(known);
      group.classList.toggle("reached", known !== undefined);
      spoken = "loss";
    } else {
      spoken = refreshNode(item, { group, name, value, delta }, pass);
    }
    const current = isCurrent(step, item);
    group.classList.toggle("current", current);
    // What is seen comes first in the name: a voice command says it.
    const seen = [...group.querySelectorAll("text")].map((text) => text.textContent);
    group.setAttribute("aria-label", [...seen, spoken].filter(Boolean).join(" "));
    group.setAttribute("aria-pressed", String(isSame(item, state.selected)));
    group.classList.toggle("selected", isSame(item, state.selected));
  }
}

function refreshNode({ l, j }, { group, name, value, delta }, pass) {
  const hasZ = l > 0 && isReached("z", l, j), hasA = l === 0 || isReached("a", l, j);
  const hasDelta = l > 0 && isReached("delta", l, j);
  writeSymbol(name, hasZ && !hasA ? "z" : "a", { l, j });
  const shown = hasA ? pass.a[l][j] : pass.z[l]?.[j];
  value.textContent = hasA || hasZ ? short(shown, Math.abs(shown) < 0.1 ? 2 : 3) : "·";
  value.classList.toggle("long", value.textContent.includes("e"));
  value.setAttribute("dy", hasDelta ? -6 : 0);
  delta.textContent = hasDelta ? short(pass.delta[l][j], 2) : "";
  group.classList.toggle("reached", hasA);
  const names = l === 0 ? state.example.inputs : l === state.L ? state.example.outputs : [];
  let spoken = `node ${nodeName(j)} of layer ${layerName(l)}`;
  if (names[j]) spoken += `, ${clip(names[j])}`;
  if (hasDelta) spoken += ", a and delta";
  return spoken;
}

const isSame = (item, other) => Boolean(other) && partKey(item) === partKey(other);

// Whether a step is about a part of the drawing.
function isCurrent(step, { part, l, j, k }) {
  const here = step.l === l && (step.j === undefined || step.j === j);
  switch (step.kind) {
    case "input": return part === "node" && l === 0;
    case "z": return here && part !== "target" && part !== "loss";
    case "a": return here && part === "node";
    case "loss": return part === "loss" || part === "target";
    case "delta":
      if (part === "target") return step.l === state.L && here;
      return part === "node" ? here
        : part === "weight" && l === step.l + 1 && (step.j === undefined || step.j === k);
    case "after": return part === "loss";
    default: return here && (part === "weight" || part === "bias");
  }
}
