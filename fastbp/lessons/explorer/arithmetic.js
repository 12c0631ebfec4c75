"use strict";
// The page's arithmetic in float64: forward, loss, backward, gradient and plain SGD, by the
// formulas of fastbp/reference.py. A network is { sizes, layers, loss, bias, w, b }, where w[l] holds
// w_jk at j * n_(l-1) + k.
const arithmetic = (() => {
  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
  // g(z), and g'(z) from z and a; the last argument is the number that an activation takes.
  const ACTIVATIONS = {
    identity: { g: (z) => z, slope: () => 1 },
    sigmoid: { g: sigmoid, slope: (z, a) => a * (1 - a) },
    tanh: { g: Math.tanh, slope: (z, a) => 1 - a * a },
    relu: { g: (z) => (z > 0 || z !== z ? z : 0), slope: (z) => (z > 0 ? 1 : 0) },
    leaky_relu: { g: (z, c) => (z > 0 ? z : c * z), slope: (z, a, c) => (z > 0 ? 1 : c) },
    softmax: { layer: softmax },
  };
  const squares = (factor) => ({
    factor,
    value: (z, a, y) => factor(y.length) * sum(y, (j) => (a[j] - y[j]) ** 2),
    slope: (a, y, n) => 2 * factor(n) * (a - y),
  });
  // C_0, and dC_0/da_j; a fused loss has dC_0/dz_j = a_j - y_j instead.
  const LOSSES = {
    squared_error: squares(() => 1),
    half_squared_error: squares(() => 0.5),
    mean_squared_error: squares((n) => 1 / n),
    cross_entropy: { fused: true, value: crossEntropy },
    binary_cross_entropy: {
      fused: true,
      value: (z, a, y) => sum(y, (j) =>
        Math.max(z[j], 0) + Math.log1p(Math.exp(-Math.abs(z[j]))) - y[j] * z[j]),
    },
  };

  function sum(values, term) {
    let total = 0;
    for (let j = 0; j < values.length; j++) total += term(j);
    return total;
  }

  function softmax(z) {
    const top = Math.max(...z);
    const e = z.map((value) => Math.exp(value - top));
    const total = sum(e, (j) => e[j]);
    return e.map((value) => value / total);
  }

  function crossEntropy(z, a, y) {
    const top = Math.max(...z);
    const log = top + Math.log(sum(z, (j) => Math.exp(z[j] - top)));
    return sum(y, (j) => (y[j] === 0 ? 0 : y[j] * (log - z[j])));
  }

  // Whether every operation of a network is one of the above.
  const knows = (net) =>
    Object.hasOwn(LOSSES, net.loss.name) &&
    net.layers.every((layer) => layer === null || Object.hasOwn(ACTIVATIONS, layer.activation));

  const isFused = (net) => Boolean(LOSSES[net.loss.name].fused);

  // z_j = b_j + sum_k w_jk a_k and a_j = g(z_j), layer after layer; g_prime[l][j] = g'(z_j).
  function forward(net, x) {
    const z = [null], a = [Float64Array.from(x)], gPrime = [null];
    for (let l = 1; l < net.sizes.length; l++) {
      const nIn = net.sizes[l - 1], w = net.w[l], below = a[l - 1];
      const { activation, numbers } = net.layers[l], row = ACTIVATIONS[activation];
      z[l] = new Float64Array(net.sizes[l]);
      for (let j = 0; j < net.sizes[l]; j++) {
        let input = net.b[l].length ? net.b[l][j] : 0;
        for (let k = 0; k < nIn; k++) input += w[j * nIn + k] * below[k];
        z[l][j] = input;
      }
      a[l] = row.layer ? row.layer(z[l]) : z[l].map((input) => row.g(input, ...numbers));
      gPrime[l] = row.layer ? null : z[l].map((input, j) => row.slope(input, a[l][j], ...numbers));
    }
    return { z, a, gPrime };
  }

  // delta_j of the output layer; dC_da is null where the loss cancels g'.
  function outputDelta(net, pass, y) {
    const L = net.sizes.length - 1, a = pass.a[L], loss = LOSSES[net.loss.name];
    if (loss.fused) return { dCda: null, delta: a.map((value, j) => value - y[j]) };
    const dCda = a.map((value, j) => loss.slope(value, y[j], a.length));
    return { dCda, delta: dCda.map((value, j) => value * pass.gPrime[L][j]) };
  }

  // dC_0/da_k of layer l-1: sum_j w_jk delta_j.
  function errorBelow(net, delta, l) {
    const nIn = net.sizes[l - 1], dCda = new Float64Array(nIn);
    for (let j = 0; j < net.sizes[l]; j++) {
      for (let k = 0; k < nIn; k++) dCda[k] += net.w[l][j * nIn + k] * delta[j];
    }
    return dCda;
  }

  // delta_k^(l-1) = g'(z_k) sum_j w_jk delta_j, into the pass.
  function deltaBelow(net, pass, l) {
    pass.dCda[l - 1] = errorBelow(net, pass.delta[l], l);
    pass.delta[l - 1] = pass.dCda[l - 1].map((value, k) => value * pass.gPrime[l - 1][k]);
  }

  // One sample's pass: z, a, gPrime, dCda, delta by layer, and C.
  function run(net, x, y) {
    const pass = forward(net, x), L = net.sizes.length - 1;
    pass.C = LOSSES[net.loss.name].value(pass.z[L], pass.a[L], y);
    pass.dCda = [null];
    pass.delta = [null];
    ({ dCda: pass.dCda[L], delta: pass.delta[L] } = outputDelta(net, pass, y));
    for (let l = L; l > 1; l--) deltaBelow(net, pass, l);
    return pass;
  }

  // dC/dw_jk and dC/db_j of layer l: the means over passes of delta_j a_k and delta_j.
  function layerGradient(net, passes, l) {
    const nIn = net.sizes[l - 1], m = passes.length;
    const w = new Float64Array(net.w[l].length), b = new Float64Array(net.b[l].length);
    for (const { a, delta } of passes) {
      for (let j = 0; j < net.sizes[l]; j++) {
        for (let k = 0; k < nIn; k++) w[j * nIn + k] += delta[l][j] * a[l - 1][k];
        if (b.length) b[j] += delta[l][j];
      }
    }
    return { w: w.map((value) => value / m), b: b.map((value) => value / m) };
  }

  function move(net, l, gradient, rate) {
    for (let i = 0; i < gradient.w.length; i++) net.w[l][i] -= rate * gradient.w[i];
    if (net.bias !== true) return; // "fixed", or none
    for (let j = 0; j < gradient.b.length; j++) net.b[l][j] -= rate * gradient.b[j];
  }

  // One step of plain SGD from the passes of a batch, in place; the gradient, by layer. Every delta
  // is from the weights of the forward pass, then all weights move. With newWeights the layer below
  // uses weights that have already moved, and the passes then hold such deltas: a well-known mistake,
  // to be looked at.
  function update(net, passes, rate, newWeights = false) {
    const L = net.sizes.length - 1, gradients = [null];
    for (let l = L; l > 0; l--) {
      gradients[l] = layerGradient(net, passes, l);
      if (!newWeights) continue;
      move(net, l, gradients[l], rate);
      if (l > 1) for (const pass of passes) deltaBelow(net, pass, l);
    }
    if (!newWeights) for (let l = 1; l <= L; l++) move(net, l, gradients[l], rate);
    return gradients;
  }

  // One step on a batch of [x, y], in place; C before it.
  function step(net, batch, rate, newWeights = false) {
    const passes = batch.map(([x, y]) => run(net, x, y));
    update(net, passes, rate, newWeights);
    return meanLoss(passes);
  }

  const meanLoss = (passes) => sum(passes, (i) => passes[i].C) / passes.length;

  return { knows, isFused, run, errorBelow, update, step, meanLoss, LOSSES };
})();
if (typeof module !== "undefined") module.exports = arithmetic;
