// Fields for numbers: what can be edited, where it is kept, and what is refused.
const PLACES = {
  x: ({ j }) => [state.X[shownSample()], j],
  y: ({ j }) => [state.Y[shownSample()], j],
  w: (item) => [state.net.w[item.l], weightAt(item)],
  b: ({ l, j }) => [state.net.b[l], j],
};

function valueAt(place, item) {
  const [array, at] = PLACES[place](item);
  return array[at];
}

const placeName = (place, item) => (place === "x" ? plain("a", { l: 0, j: item.j })
  : plain(place, item));

function numberField(place, item, attributes = {}) {
  return h("input", {
    type: "number", step: "any", value: String(valueAt(place, item)), autocomplete: "off",
    "aria-label": placeName(place, item),
    "data-place": `${place} ${item.l ?? 0} ${item.j} ${item.k ?? ""}`,
    ...attributes,
    oninput: ({ target }) => edit(place, item, target),
    onchange: ({ target }) => bringBack(target, valueAt(place, item)),
    onpaste: pasteNumber,
  });
}

// A field that is left shows the number that holds, and is right again.
function bringBack(field, value) {
  field.value = String(value);
  if (field.getAttribute("aria-invalid") !== "true") return;
  field.setAttribute("aria-invalid", "false");
  tell(`${byId("message").textContent} It stays ${field.value}.`);
}

// Browsers drop signs that they do not know from a pasted text, such as the minus that this page
// writes and a comma, and take the rest for a number.
function pasteNumber(event) {
  const text = event.clipboardData.getData("text").trim().replace(/[−–]/g, "-");
  event.preventDefault();
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) {
    document.execCommand("insertText", false, text.replace(/^\+/, ""));
  } else tell(`"${clip(text)}" is not a number with a point, such as 0.5, and was not pasted.`);
}

// A number that is none leaves the old one, and says so.
function edit(place, item, field) {
  const value = field.value.trim() === "" ? NaN : Number(field.value);
  const problem = Number.isFinite(value) ? targetProblem(place, value) : "Not a finite number.";
  field.setAttribute("aria-invalid", String(Boolean(problem)));
  tell(problem);
  if (problem) return;
  const [array, at] = PLACES[place](item);
  array[at] = value;
  state.edited = true;
  changed(field);
  if (place === "y") tell(targetSum());
}

function targetProblem(place, value) {
  const { loss } = state.net;
  return place === "y" && loss.fused && (value < 0 || value > 1)
    ? `Targets of ${loss.label} lie between 0 and 1.` : "";
}

// Softmax with cross_entropy has its short delta where the targets sum to 1.
function targetSum() {
  const sum = state.Y[shownSample()].reduce((total, share) => total + share, 0);
  return state.net.loss.name === "cross_entropy" && Math.abs(sum - 1) > 1e-9
    ? `The targets of cross_entropy should sum to 1; they sum to ${format(sum)}.` : "";
}
