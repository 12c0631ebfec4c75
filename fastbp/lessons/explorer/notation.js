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
const view = { digits: 4, notation: "course" };

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
  return text.replace(/\.?0+e/, "e").replace(/-/g, "−");
}

// In a sum or product, where a sign would stand behind an operator.
const inFormula = (value) => (value < 0 ? `(${format(value)})` : format(value));

const notation = () => data.notations[view.notation];
const COMPOSED = { dC_dw: ["C", "w"], dC_db: ["C", "b"], dC_da: ["C", "a"] };

// The pieces [style, text] of a symbol, style "" or "_" (below) or "^" (above). Indices are numbers,
// or text for an index in general; the sample is i.
function pieces(name, indices = {}) {
  const table = notation(), template = table[name];
  if (template === undefined) {
    const [top, bottom] = COMPOSED[name];
    const d = table.differential;
    return [["", d], ...pieces(top, indices), ["", `/${d}`], ...pieces(bottom, indices)];
  }
  const offset = { l: table.first_layer, j: table.first_node, k: table.first_node, i: 0 };
  const of = (letter) => {
    const value = indices[letter] ?? letter;
    return typeof value === "number" ? String(value + offset[letter]) : value;
  };
  const inside = (text) => (text === "jk"
    ? of("j") + (of("j").length + of("k").length > 2 ? "," : "") + of("k")
    : text.replace(/[ljki]/g, of));
  return [...template.matchAll(/([_^]?)\{([^}]*)\}|[^{}_^]+/g)].map(
    ([whole, style, content]) => (content === undefined ? ["", whole] : [style, inside(content)]));
}

function symbol(name, indices) {
  const element = h("span", { class: notation().code ? "symbol code" : "symbol" });
  for (const [style, text] of pieces(name, indices)) {
    element.append(style === "" ? text : h(style === "_" ? "sub" : "sup", {}, text));
  }
  return element;
}

// The same as text for names of controls.
const plain = (name, indices) => pieces(name, indices)
  .map(([style, text]) => (style === "" ? text : `${style}${text}`)).join("");

const rate = () => h("span", { class: "symbol" }, notation().rate);
const layerName = (l) => l + notation().first_layer;
const nodeName = (j) => j + notation().first_node;

const clip = (text, most = 24) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
