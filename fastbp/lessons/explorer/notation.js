// Elements, numbers and symbols: what every other part of the page writes with.
function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
  return element;
}

const byId = (id) => document.getElementById(id);
const view = { digits: 4, notation: "course", indices: false };

// A number with the chosen number of digits.
function format(value, digits = view.digits) {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = digits > 16 ? String(value)
    : size >= 1e6 || size < 1e-4 ? value.toExponential(Math.min(digits, 16) - 1)
      : String(Number(value.toPrecision(digits)));
  return text.replace(/\.?0+e/, "e").replace("e+", "e").replace(/-/g, "−");
}

// In a sum or product, where a sign would stand behind an operator.
const inFormula = (value) => (value < 0 ? `(${format(value)})` : format(value));

const notation = () => data.notations[view.notation];

// The pieces [style, text] of a symbol, style "" or "_" (below) or "^" (above). Indices are numbers,
// or text for an index in general; the sample is i. They are equal to those that explain writes.
function pieces(name, indices = {}) {
  const { symbols, first_layer: firstLayer, first_node: firstNode, code } = notation();
  const first = { l: firstLayer, j: firstNode, k: firstNode, i: 0 };
  const of = (letter) => {
    const index = indices[letter] ?? letter;
    if (typeof index === "number") return String(index + first[letter]);
    return code && letter === "l" ? "" : index; // code has names of layers only by their numbers
  };
  const isShort = [of("j"), of("k")].every((index) => index.length === 1);
  const filled = (template) => (isShort && !code ? template.replace("},{", "}{") : template)
    .replace(/\{([ljki])\}/g, (place, letter) => of(letter));
  return symbols[name === "a" && indices.l === 0 ? "x" : name].map(
    ([style, template]) => [style, filled(template)]);
}

// Which part of the drawing a symbol is of.
const PART_OF = {
  a: "node", z: "node", delta: "node", dC_da: "node", d_a: "node", d_z: "node",
  w: "weight", dC_dw: "weight", batch_dC_dw: "weight", b: "bias", dC_db: "bias",
  batch_dC_db: "bias", y: "target", C: "loss", batch_C: "loss",
};

function symbol(name, indices = {}) {
  const element = h("span", { class: notation().code ? "symbol code" : "symbol" });
  if (PART_OF[name]) element.dataset.of = `${PART_OF[name]} ${JSON.stringify(indices)}`;
  for (const [style, text] of pieces(name, indices)) {
    element.append(style === "" ? text : h(style === "_" ? "sub" : "sup", {}, text));
  }
  return element;
}

// The same as text for names of controls.
const plain = (name, indices) => pieces(name, indices)
  .map(([style, text]) => (style === "" ? text : `${style}${text}`)).join("");

const rate = () => h("span", { class: "symbol" }, notation().rate);
// g of a layer, or its derivative, of a number or a symbol.
const applied = (name, l, argument) => [symbol(name, { l }), "(", argument, ")"];
const layerName = (l) => l + notation().first_layer;
const nodeName = (j) => j + notation().first_node;

const clip = (text, most = 24) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
