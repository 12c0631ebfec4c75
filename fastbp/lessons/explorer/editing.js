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
    onchange: ({ target }) => { target.value = String(valueAt(place, item)); },
  });
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
