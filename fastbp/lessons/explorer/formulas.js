// The equations of each number: symbols, then the same with numbers, then the result.
const TERMS = 3; // of a sum that are written out, where it has more than one beyond them

// A sum of n terms, each a list of pieces; of a long one the first terms.
function written(n, term) {
  const shown = n > TERMS + 1 ? TERMS : n, parts = [];
  for (let i = 0; i < shown; i++) parts.push(i ? " + " : "", term(i));
  if (shown < n) parts.push(` + … (${(n - shown).toLocaleString("en")} more)`);
  return parts;
}

const slopeSymbol = (l, j) => applied("g_prime", l, symbol("z", { l, j }));
const lossSymbol = () => symbol("C", { i: shownSample() });

const EQUATIONS = {
  x: ({ j }) => ({ left: symbol("a", { l: 0, j }), result: shownPass().a[0][j] }),

  z({ l, j }) {
    const { net } = state, pass = shownPass(), n = net.sizes[l - 1], b = net.b[l];
    const sum = (k) => [
      inFormula(net.w[l][weightAt({ l, j, k })]), " · ", inFormula(pass.a[l - 1][k])];
    return {
      left: symbol("z", { l, j }),
      symbols: [b.length ? [symbol("b", { l, j }), " + "] : "", sigma("k"),
        symbol("w", { l, j, k: "k" }), " ", symbol("a", { l: l - 1, j: "k" })],
      numbers: [b.length ? [format(b[j]), " + "] : "", written(n, sum)],
      result: pass.z[l][j],
    };
  },

  a({ l, j }) {
    const { label, formula } = state.net.layers[l], pass = shownPass(), z = pass.z[l][j];
    const isSoftmax = label === "softmax", argument = isSoftmax ? symbol("z", { l, j: "j" })
      : h("i", {}, "z");
    return {
      left: symbol("a", { l, j }),
      symbols: applied("g", l, symbol("z", { l, j })),
      numbers: isSoftmax ? ["e", h("sup", {}, format(z)), " / ", sigma("i"), "e",
        h("sup", {}, symbol("z", { l, j: "i" }))]
        : formula ? law(formula, l, { z }) : applied("g", l, format(z)),
      note: formula ? [`${label}: `, applied("g", l, argument), " = ", law(formula, l)] : label,
      result: pass.a[l][j],
    };
  },

  loss() {
    const { loss } = state.net, { a, C } = shownPass(), { L } = state;
    return {
      left: lossSymbol(),
      symbols: loss.formula ? law(loss.formula, L) : [loss.label],
      numbers: lossNumbers(loss.name, a[L], state.Y[shownSample()]),
      note: loss.formula ? loss.label : "",
      result: C,
    };
  },

  // dC/da_j: of an output from the loss, of a hidden node from the nodes above.
  dC_da({ l, j }) {
    const { net, L } = state, pass = shownPass(), y = state.Y[shownSample()];
    const left = symbol("dC_da", { l, j, i: shownSample() });
    const result = pass.dCda[l]?.[j];
    if (l === L) return { left, ...outputSlope(l, j, pass, y), result };
    const above = numberedWeights(), n = net.sizes[l + 1];
    const sum = (i) => [inFormula(above.w[l + 1][i * net.sizes[l] + j]), " · ",
      inFormula(pass.delta[l + 1][i])];
    return {
      left,
      symbols: [sigma("j"), symbol("w", { l: l + 1, j: "j", k: j }), " ",
        symbol("delta", { l: l + 1, j: "j" })],
      numbers: [written(n, sum)],
      result,
    };
  },

  g_prime({ l, j }) {
    const { label, derivative } = state.net.layers[l], pass = shownPass();
    const z = pass.z[l][j], a = pass.a[l][j];
    return {
      left: slopeSymbol(l, j),
      numbers: derivative ? law(derivative, l, { z, a }) : applied("g_prime", l, format(z)),
      note: derivative ? [`${label}: `, symbol("g_prime", { l }), " = ", law(derivative, l)] : label,
      result: pass.gPrime[l]?.[j],
    };
  },

  delta({ l, j }) {
    const { L, net } = state, pass = shownPass(), y = state.Y[shownSample()];
    const left = symbol("delta", { l, j });
    if (l === L && net.loss.fused) {
      return {
        left,
        symbols: [symbol("a", { l, j }), " − ", symbol("y", { j })],
        numbers: [format(pass.a[l][j]), " − ", inFormula(y[j])],
        note: `${net.loss.label} cancels the slope of ${net.layers[L].label}`,
        result: pass.delta[l][j],
      };
    }
    if (isTogether(l)) {
      return {
        left,
        symbols: [sigma("i"), symbol("dC_da", { l, j: "i", i: shownSample() }), " · ",
          symbol("d_a", { l, j: "i" }), "/", symbol("d_z", { l, j })],
        note: "by softmax each output depends on every z",
        result: pass.delta[l][j],
      };
    }
    const inner = EQUATIONS.dC_da({ l, j });
    const bracket = l < L;
    const wrap = (parts) => (bracket ? ["[", parts, "]"] : parts);
    return {
      left,
      symbols: [wrap(inner.symbols), " · ", slopeSymbol(l, j)],
      numbers: [wrap(inner.numbers), " · ", inFormula(pass.gPrime[l]?.[j] ?? null)],
      note: l < L && state.newWeights && state.editable
        ? "with the new weights of the layer above: the slip" : "",
      result: pass.delta[l][j],
    };
  },

  dC_dw({ l, j, k }) {
    const pass = shownPass();
    return {
      left: symbol("dC_dw", { l, j, k, i: shownSample() }),
      symbols: [symbol("delta", { l, j }), " · ", symbol("a", { l: l - 1, j: k })],
      numbers: [inFormula(pass.delta[l][j]), " · ", inFormula(pass.a[l - 1][k])],
      result: weightSlope(pass, { l, j, k }),
    };
  },

  dC_db({ l, j }) {
    const pass = shownPass();
    return {
      left: symbol("dC_db", { l, j, i: shownSample() }),
      symbols: [symbol("delta", { l, j })],
      result: pass.delta[l][j],
    };
  },

  chain({ l, j, k }) {
    const pass = shownPass(), fused = isTogether(l);
    const factors = fused ? [pass.delta[l][j]] : [pass.dCda[l]?.[j], pass.gPrime[l]?.[j]];
    const i = shownSample();
    return {
      left: symbol("dC_dw", { l, j, k, i }),
      symbols: [fused ? symbol("delta", { l, j })
        : [symbol("dC_da", { l, j, i }), " · ", slopeSymbol(l, j)],
      " · ", symbol("a", { l: l - 1, j: k })],
      numbers: [...factors.flatMap((factor) => [inFormula(factor), " · "]),
        inFormula(pass.a[l - 1][k])],
      result: weightSlope(pass, { l, j, k }),
    };
  },

  mean(item) {
    const { batch, passes, gradients } = numbers, { l, j, k } = item, m = batch.length;
    const name = k === undefined ? "dC_db" : "dC_dw";
    const value = (i) => (k === undefined
      ? passes.get(i).delta[l][j] : weightSlope(passes.get(i), item));
    return {
      left: symbol(`batch_${name}`, { l, j, k }),
      symbols: [`1/${m} `, sigma("i"), symbol(name, { l, j, k, i: "i" })],
      numbers: [`1/${m} (`, written(m, (at) => inFormula(value(batch[at]))), ")"],
      result: k === undefined ? gradients[l].b[j] : gradients[l].w[weightAt(item)],
    };
  },

  update(item) {
    const { l, j, k } = item, { after, gradients } = numbers, { net } = state;
    const isBias = k === undefined, at = isBias ? j : weightAt(item);
    const [name, slope] = isBias ? ["b", "dC_db"] : ["w", "dC_dw"];
    const left = [symbol(name, { l, j, k }), " new"];
    if (isBias && net.bias !== true) {
      return { left, symbols: [symbol(name, { l, j })], note: "fixed: never updated",
        result: net.b[l][j] };
    }
    return {
      left,
      symbols: [symbol(name, { l, j, k }), " − ", rate(), " · ", symbol(`batch_${slope}`, { l, j, k })],
      numbers: [format(net[name][l][at]), " − ", inFormula(state.rate), " · ",
        inFormula(gradients[l][name][at])],
      result: after[name][l][at],
    };
  },
};

// Whether delta of layer l is no product with a slope g' of each node.
const isTogether = (l) => l === state.L &&
  (state.net.loss.fused || state.net.layers[l].activation === "softmax");

// The weights that dC/da of a hidden node is computed with: the old ones, or in the slip the new.
const numberedWeights = () => (state.newWeights && state.editable ? numbers.after : state.net);

function outputSlope(l, j, pass, y) {
  const { loss } = state.net, { factor } = arithmetic.LOSSES[loss.name] ?? {};
  if (!factor) {
    return { symbols: law(loss.slope, l), numbers: [format(pass.dCda[l]?.[j])],
      note: loss.words };
  }
  const c = 2 * factor(y.length), number = c === 1 ? "" : `${format(c)} `;
  return {
    symbols: [number, "(", symbol("a", { l, j }), " − ", symbol("y", { j }), ")"],
    numbers: [number, "(", format(pass.a[l][j]), " − ", inFormula(y[j]), ")"],
  };
}

const SPECIFIED = {
  input: () => ["input"],
  z: () => ["b", "z"],
  a: () => ["a"],
  loss: () => ["loss"],
  delta: (l) => (l === state.L ? ["delta_output"] : ["dC_da", "delta"]),
  gradient: () => ["dC_dw", "dC_db"],
  mean: () => ["mean"],
  update: () => ["w_new", "b_new"],
  after: () => ["loss"],
};

// The equations of a step; a step of a whole layer shows those of its first nodes.
function stepEquations({ kind, l, j }) {
  const all = j === undefined ? state.net.sizes[l] : 1;
  const nodes = j === undefined ? shownNodes(l).slice(0, all > 4 ? 3 : 4) : [j];
  const left = all - nodes.length;
  const perNode = (make) => ({ equations: nodes.flatMap(make), left, of: "nodes" });
  const perWeight = (make) => {
    if (nodes.length > 1 || all > 1) {
      return perNode((node) => make({ l, j: node, k: shownNodes(l - 1)[0] }));
    }
    const shown = shownNodes(l - 1).slice(0, 4);
    const bias = state.net.b[l].length ? [make({ l, j: nodes[0] })] : [];
    return { equations: [...shown.map((k) => make({ l, j: nodes[0], k })), ...bias],
      left: state.net.sizes[l - 1] - shown.length, of: "weights" };
  };
  switch (kind) {
    case "input": return perNode((node) => EQUATIONS.x({ j: node }));
    case "gradient": return perWeight((item) => (item.k === undefined
      ? EQUATIONS.dC_db(item) : EQUATIONS.dC_dw(item)));
    case "mean": return perWeight(EQUATIONS.mean);
    case "update": return perWeight(EQUATIONS.update);
    case "loss": return { equations: [EQUATIONS.loss()], left: 0 };
    case "after": return { equations: [], left: 0 };
    default: return perNode((node) => EQUATIONS[kind]({ l, j: node }));
  }
}
