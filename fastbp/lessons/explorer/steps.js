// The walk: the steps of one update, for each sample of the batch, by node or by layer.
function makeSteps() {
  const { net, L } = state, { batch } = numbers;
  const nodes = net.sizes.slice(1).reduce((total, n) => total + n, 0);
  // Of each sample z, a, delta and gradients; then means and updates.
  state.canGoByNode = nodes * (4 * batch.length + 2) <= MOST_STEPS;
  const byNode = state.byNode && state.canGoByNode;
  const steps = [];
  const layer = (kind, l, sample) => {
    if (!byNode) steps.push({ kind, l, sample });
    else for (let j = 0; j < net.sizes[l]; j++) steps.push({ kind, l, j, sample });
  };
  const forward = (sample) => {
    steps.push({ kind: "input", l: 0, sample });
    for (let l = 1; l <= L; l++) {
      // A node's a follows its z; all z of a layer come first where softmax needs them.
      const together = byNode && net.layers[l].activation !== "softmax";
      for (let j = 0; together && j < net.sizes[l]; j++) {
        steps.push({ kind: "z", l, j, sample }, { kind: "a", l, j, sample });
      }
      if (!together) ["z", "a"].forEach((kind) => layer(kind, l, sample));
    }
    steps.push({ kind: "loss", l: L, sample });
  };
  const last = batch.at(-1);
  const finish = (l) => {
    if (batch.length > 1) layer("mean", l, last);
    layer("update", l, last);
  };
  if (state.newWeights && state.editable) {
    batch.forEach(forward);
    for (let l = L; l > 0; l--) {
      for (const sample of batch) {
        layer("delta", l, sample);
        layer("gradient", l, sample);
      }
      finish(l);
    }
  } else {
    for (const sample of batch) {
      forward(sample);
      for (let l = L; l > 0; l--) {
        layer("delta", l, sample);
        layer("gradient", l, sample);
      }
    }
    for (let l = L; l > 0; l--) finish(l);
  }
  steps.push({ kind: "after", l: L, sample: last });
  state.reachedAt = new Map(steps.map((step, at) => [keyOf(step), at]));
  return steps;
}

const keyOf = ({ kind, l, j, sample }) => `${kind} ${sample} ${l} ${j ?? "*"}`;

// Whether the walk has come to a number of the shown sample.
function isReached(kind, l, j) {
  const sample = kind === "mean" || kind === "update" ? numbers.batch.at(-1) : shownSample();
  const at = state.reachedAt.get(keyOf({ kind, l, j, sample })) ??
    state.reachedAt.get(keyOf({ kind, l, sample }));
  return at !== undefined && at <= state.step;
}

const PHASES = ["input", "z", "a", "loss", "delta", "gradient", "mean", "update", "after"];

// A step in words.
function stepTitle({ kind, l, j, sample }) {
  const layer = layerName(l);
  const node = j === undefined ? `layer ${layer}` : `node ${nodeName(j)} of layer ${layer}`;
  const ofSample = numbers.batch.length > 1 ? `Sample ${sample}: ` : "";
  const words = {
    input: "the sample goes in",
    z: `input of ${node}`,
    a: `output of ${node}`,
    loss: "the loss",
    delta: `delta of ${node}`,
    gradient: `slopes of the weights into ${node}`,
    mean: `Mean over the batch, weights into ${node}`,
    update: `New weights into ${node}`,
    after: `The same sample${numbers.batch.length > 1 ? "s" : ""} with the new weights`,
  }[kind];
  const title = ["mean", "update", "after"].includes(kind) ? words : ofSample + words;
  return title[0].toUpperCase() + title.slice(1);
}
