// Formulas of the table of operations, which are text: with symbols, and with numbers for z and a.
const sigma = (letter) => [h("span", { class: "sigma" }, "Σ"), h("sub", {}, letter), " "];

const LAW = /e\^(-?[az]|\([^()]*\))|Σ_([ij])|\b([ayz])_([ij])\b|\b([az])\b|n_L|1\/2|-/g;

// Pieces of a formula of layer l; where values has z or a, their number stands for it.
function law(text, l, values = {}) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LAW)) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const isInBrackets = text[match.index - 1] === "(" && text[end] === ")";
    parts.push(lawPiece(match, l, values, isInBrackets ? format : inFormula));
  }
  return [...parts, text.slice(end)];
}

function lawPiece([whole, exponent, sum, letter, index, name], l, values, write) {
  if (exponent) {
    return ["e", h("sup", {}, law(exponent.replace(/^\((.*)\)$/, "$1"), l, values))];
  }
  if (sum) return sigma(sum);
  if (letter) return symbol(letter, { l, j: index });
  if (name) return name in values ? write(values[name]) : h("i", {}, name);
  return { n_L: String(state.net.sizes.at(-1)), "1/2": "½", "-": "−" }[whole];
}

// What a sample's loss adds up, with numbers; null for an output that adds nothing.
const square = (a, y) => ["(", format(a), " − ", inFormula(y), ")²"];
const logarithm = (share, a) => (share === 0 ? null : [`${format(share)} ln `, format(a)]);
const LOSS_TERMS = {
  squared_error: square,
  half_squared_error: square,
  mean_squared_error: square,
  cross_entropy: (a, y) => logarithm(y, a),
  binary_cross_entropy: (a, y) => [logarithm(y, a), logarithm(1 - y, 1 - a)]
    .filter(Boolean).flatMap((term, i) => (i ? [" + ", term] : [term])),
};
const LOSS_FACTORS = { half_squared_error: () => "½ ", mean_squared_error: (n) => `1/${n} `,
  cross_entropy: () => "−", binary_cross_entropy: () => "−" };

// The loss with its numbers; nothing for one whose terms are not known.
function lossNumbers(name, a, y) {
  if (!Object.hasOwn(LOSS_TERMS, name)) return undefined;
  const terms = [...a].map((value, j) => LOSS_TERMS[name](value, y[j])).filter(Boolean);
  const factor = LOSS_FACTORS[name]?.(a.length) ?? "";
  const sum = written(terms.length, (i) => terms[i]);
  return factor && terms.length > 1 ? [factor, "[", sum, "]"] : [factor, sum];
}
