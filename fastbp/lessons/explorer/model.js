// What the page shows: one network, its samples, and all numbers of the step it would make next.
const data = JSON.parse(document.getElementById("data").textContent);
const MOST_STEPS = 400; // of a walk by nodes; longer ones go by layers
const FOLDED = 8, WINDOW = 6; // nodes: a layer of more than FOLDED shows a window of WINDOW

// An array of the data: its numbers, row after row.
function decode({ list, type, base64 }) {
  if (list) return Float64Array.from(list);
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return type === "f4"
    ? Float64Array.from(new Float32Array(bytes.buffer)) : new Float64Array(bytes.buffer);
}

function decodeRows(array) {
  const [m, n] = array.shape, flat = decode(array);
  return Array.from({ length: m }, (_, i) => flat.slice(i * n, (i + 1) * n));
}

const decodeLayers = (arrays) => arrays.map((array) => array && decode(array));

const state = {
  net: null, // sizes, layers, loss, bias, w, b: what is edited and trained
  example: null,
  X: [], Y: [],
  editable: false, // whether the page can compute the network
  sample: 0, batchSize: 1, rate: 0.5, newWeights: false,
  byNode: true, step: 0, steps: [],
  windows: [], // the first node that a folded layer shows
  selected: null, // a part of the drawing: { part, l, j, k }
  trained: 0, losses: [], // steps made, and C before each
  traces: [],
};
let numbers = null; // all numbers of the next step: see recompute

function load(index) {
  const example = data.examples[index], { sizes, layers, loss, bias } = example;
  const net = { sizes, layers, loss, bias, w: decodeLayers(example.w), b: decodeLayers(example.b) };
  const traces = example.traces.map(decodeTrace);
  const editable = arithmetic.knows(net);
  let X = decodeRows(example.X), Y = decodeRows(example.Y);
  if (!editable) [X, Y] = [X, Y].map((rows) => rows.slice(0, traces.length));
  Object.assign(state, {
    net, example, traces, editable, X, Y,
    L: sizes.length - 1,
    sample: 0,
    batchSize: Math.min(example.batch_size, X.length),
    rate: example.learning_rate,
    newWeights: false,
    step: 0,
    windows: sizes.map(() => 0),
    selected: null,
    trained: 0, losses: [],
  });
  if (example.image) moveWindow(0, sizes[0] * 0.45); // the middle of an image, not its rim
  reveal({ l: state.L, j: Y[0].indexOf(Math.max(...Y[0])) });
  recompute();
}

function decodeTrace({ z, a, delta, g_prime, dC_da, C }) {
  const [layersZ, layersA, layersDelta, gPrime, dCda] =
    [z, a, delta, g_prime, dC_da].map(decodeLayers);
  return { z: layersZ, a: layersA, delta: layersDelta, gPrime, dCda, C: decode(C)[0] };
}

const isFolded = (l) => state.net.sizes[l] > FOLDED;
const shownCount = (l) => (isFolded(l) ? WINDOW : state.net.sizes[l]);

// The nodes of layer l that are drawn and listed.
const shownNodes = (l) =>
  Array.from({ length: shownCount(l) }, (_, i) => state.windows[l] + i);

function moveWindow(l, first) {
  const last = state.net.sizes[l] - shownCount(l);
  state.windows[l] = Math.max(0, Math.min(last, Math.round(first) || 0));
}

// Moves windows so that a part of the drawing is in them; whether one had to move.
function reveal({ l, j, k }) {
  let moved = false;
  for (const [layer, node] of [[l, j], [l - 1, k]]) {
    if (node === undefined || layer < 0 || shownNodes(layer).includes(node)) continue;
    moveWindow(layer, node - Math.floor(WINDOW / 2));
    moved = true;
  }
  return moved;
}

// One sample's pass: computed here, or the library's where the page knows no formula.
function passOf(net, i) {
  if (state.editable) return arithmetic.run(net, state.X[i], state.Y[i]);
  const trace = state.traces[i];
  return { ...trace, a: [state.X[i], ...trace.a.slice(1)] };
}

const cloneNet = (net) => ({
  ...net, w: net.w.map((w) => w && w.slice()), b: net.b.map((b) => b && b.slice()),
});

const batchStart = () => state.sample - (state.sample % state.batchSize);

function batchOf(start) {
  const end = Math.min(start + state.batchSize, state.X.length);
  return Array.from({ length: end - start }, (_, i) => start + i);
}

// All numbers of the batch's step, from the forward pass to the weights after it.
function recompute() {
  const { net } = state, batch = batchOf(batchStart());
  const list = batch.map((i) => passOf(net, i));
  const after = cloneNet(net);
  const gradients = arithmetic.update(after, list, state.rate, state.newWeights && state.editable);
  const passes = new Map(batch.map((i, at) => [i, list[at]]));
  numbers = { batch, passes, after, gradients, C: arithmetic.meanLoss(list) };
  numbers.newC = state.editable
    ? arithmetic.meanLoss(batch.map((i) => arithmetic.run(after, state.X[i], state.Y[i]))) : null;
  state.steps = makeSteps();
  state.step = Math.min(state.step, state.steps.length - 1);
}

// C of the batch after the step, if the layer below uses the new weights, or the old ones.
function lossAfter(newWeights) {
  const { net, X, Y, rate } = state, after = cloneNet(net);
  const batch = numbers.batch.map((i) => [X[i], Y[i]]);
  arithmetic.step(after, batch, rate, newWeights);
  return arithmetic.meanLoss(batch.map(([x, y]) => arithmetic.run(after, x, y)));
}

// The sample that the walk is at.
const shownSample = () => state.steps[state.step].sample ?? state.sample;
const shownPass = () => numbers.passes.get(shownSample());

// dC_i/dw_jk and dC_i/db_j of one sample.
const weightSlope = (pass, { l, j, k }) => pass.delta[l][j] * pass.a[l - 1][k];
const weightAt = ({ l, j, k }) => j * state.net.sizes[l - 1] + k;

// How far the page's own numbers are from the library's, relative to the larger of 1 and the number.
function distanceFromLibrary() {
  let most = 0;
  state.traces.forEach((trace, i) => {
    const pass = passOf(state.net, i);
    for (let l = 1; l <= state.L; l++) {
      for (const name of ["z", "a", "delta"]) {
        pass[name][l].forEach((value, j) => {
          const expected = trace[name][l][j];
          if (Number.isFinite(expected)) {
            most = Math.max(most, Math.abs(value - expected) / Math.max(1, Math.abs(expected)));
          }
        });
      }
    }
  });
  return most;
}
