// What is told of each part of the drawing.
const nodeWords = ({ l, j }) => `node ${nodeName(j)} of layer ${layerName(l)}`;
const isBatch = () => numbers.batch.length > 1;

// Of each kind: its heading, what it is, its equations, its places in the derivation, its lines of the
// specification, how it comes to move the loss, and which number of it can be edited.
const PARTS = {
  node({ l, j }) {
    const { L, example, net } = state, item = { l, j };
    const name = (l === 0 ? example.inputs : l === L ? example.outputs : [])[j];
    const input = l === 0;
    return {
      title: [symbol("a", item), input ? ", an input" : l === L ? ", an output" : ""],
      text: `${nodeWords(item).replace("n", "N")}${name ? `: ${name}` : ""}.`,
      equations: input ? [EQUATIONS.x(item)] : [EQUATIONS.z(item), EQUATIONS.a(item),
        ...(net.layers[l].activation === "softmax" ? [] : [EQUATIONS.g_prime(item)]),
        EQUATIONS.delta(item)],
      kinds: input ? ["input"] : ["z", "a", "delta"],
      specified: input ? ["input"] : ["b", "z", "a", ...SPECIFIED.delta(l)],
      path: nodePath(item),
      place: input ? "x" : null,
    };
  },

  weight(item) {
    const { l, j, k } = item;
    return {
      title: [symbol("w", item), ", a weight"],
      text: `From ${nodeWords({ l: l - 1, j: k })} to ${nodeWords(item)}.`,
      equations: [EQUATIONS.dC_dw(item), EQUATIONS.chain(item),
        ...(isTogether(l) ? [] : [EQUATIONS.dC_da(item)]),
        ...(isBatch() ? [EQUATIONS.mean(item)] : []), EQUATIONS.update(item)],
      kinds: ["gradient", ...(isBatch() ? ["mean"] : []), "update"],
      specified: ["dC_dw", ...(isBatch() ? ["mean"] : []), "w_new"],
      path: [symbol("w", item), ...nodePath({ l, j })],
      place: "w",
    };
  },

  bias({ l, j }) {
    const item = { l, j };
    return {
      title: [symbol("b", item), ", a bias"],
      text: `Added to the input of ${nodeWords(item)}: a weight from a node whose output is ` +
        "always 1.",
      equations: [EQUATIONS.dC_db(item), ...(isBatch() ? [EQUATIONS.mean(item)] : []),
        EQUATIONS.update(item)],
      kinds: ["gradient", ...(isBatch() ? ["mean"] : []), "update"],
      specified: ["dC_db", "b_new"],
      path: [symbol("b", item), ...nodePath(item)],
      place: "b",
    };
  },

  target({ j }) {
    const { L, example } = state, name = example.outputs[j];
    return {
      title: [symbol("y", { j }), ", a target"],
      text: `What ${nodeWords({ l: L, j })} should have given${name ? ` for ${name}` : ""}.`,
      equations: [EQUATIONS.delta({ l: L, j })],
      kinds: ["loss", "delta"],
      specified: ["loss", "delta_output"],
      path: [],
      place: "y",
    };
  },

  loss: () => ({
    title: [lossSymbol(), ", the loss"],
    text: "How far the outputs of this sample are from its targets.",
    equations: [EQUATIONS.loss()],
    kinds: ["loss"],
    specified: ["loss"],
    path: [],
    place: null,
  }),
};

const about = (item) => PARTS[item.part](item);

// The symbols by which a node moves the loss, up to it.
function nodePath({ l, j }) {
  const { L, net } = state;
  if (l === L && net.layers[l].activation === "softmax") { // each z moves all outputs
    return [symbol("z", { l, j }), `all outputs of layer ${layerName(l)}`, lossSymbol()];
  }
  return [...(l > 0 ? [symbol("z", { l, j })] : []), symbol("a", { l, j }),
    ...(l < L ? [`all nodes of layer ${layerName(l + 1)}`] : []), lossSymbol()];
}
