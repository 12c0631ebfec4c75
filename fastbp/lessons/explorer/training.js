// Training: steps on one batch after the other, in order, with the loss of each beside it.
const FRAME = 24; // milliseconds of training between two pictures: the page stays at hand
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let playing = null; // the timer of the next picture
let goal = Infinity; // the number of steps to stop at

// One step on the batch at hand; then the next batch is at hand.
function trainOnce() {
  const { net, X, Y, rate: learningRate } = state;
  const batch = batchOf(batchStart()).map((i) => [X[i], Y[i]]);
  state.losses.push(arithmetic.step(net, batch, learningRate, state.newWeights));
  state.trained += 1;
  const next = batchStart() + state.batchSize;
  state.sample = next >= X.length ? 0 : next;
}

const diverged = () => !Number.isFinite(state.losses.at(-1) ?? 0);

// Steps to the goal, or until pause: so many a picture, or as many as its time allows.
function play(perPicture) {
  const until = performance.now() + FRAME;
  let made = 0;
  do { trainOnce(); made += 1; } while (
    made < perPicture && state.trained < goal && performance.now() < until && !diverged());
  changed();
  if (diverged() || state.trained >= goal) { pause(); return; }
  // With reduced motion two pictures a second at most; a goal is run to without a rest.
  const rest = goal < Infinity ? 0 : calm.matches ? 500 : perPicture === 1 ? 120 : 16;
  playing = setTimeout(() => play(perPicture), rest);
}

function startPlaying(perPicture, steps = Infinity) {
  clearTimeout(playing);
  state.step = state.steps.length - 1;
  goal = state.trained + steps;
  playing = setTimeout(() => play(perPicture), 0);
  nameThePlayButton();
}

function pause() {
  clearTimeout(playing);
  playing = null;
  nameThePlayButton();
  byId("train-status").textContent = lossWords();
}

function nameThePlayButton() {
  byId("play").textContent = playing === null ? "Play" : "Pause";
}

function togglePlay() {
  if (playing !== null) { pause(); return; }
  startPlaying(Number(byId("speed").value));
}

function lossWords() {
  const { losses, trained } = state;
  if (!trained) return "No step made yet.";
  const steps = `${trained.toLocaleString("en")} step${trained === 1 ? "" : "s"}`;
  if (diverged()) {
    return `After ${steps} C is no finite number: the learning rate, or another number, is too ` +
      "large. Reset brings the old numbers back.";
  }
  const isAll = numbers.batch.length === state.X.length;
  return `${steps}. ${isAll ? "C before the last" : "C of the last batch, before its step"}: ` +
    `${format(losses.at(-1))}, ${isAll ? "now" : "of the next batch now"}: ${format(numbers.C)}.`;
}

// At most so many points, each the mean of its stretch of steps.
function curvePoints(most = 300) {
  const { losses } = state, width = Math.max(1, Math.ceil(losses.length / most)), points = [];
  for (let at = 0; at < losses.length; at += width) {
    const stretch = losses.slice(at, at + width).filter(Number.isFinite);
    if (stretch.length) {
      points.push([at, stretch.reduce((total, C) => total + C, 0) / stretch.length]);
    }
  }
  return points;
}

const curve = byId("curve");
const CURVE = { left: 64, bottom: 28, top: 14, right: 14 };

function drawCurve() {
  const { left, bottom, top, right } = CURVE, log = byId("log").checked;
  const width = Math.max(curve.clientWidth, 240), height = curve.clientHeight || 208;
  const points = curvePoints(), scale = (value) => (log ? Math.log10(Math.max(value, 1e-16)) : value);
  const values = points.map(([, value]) => scale(value));
  const high = values.length ? Math.max(...values) : 1;
  const low = values.length ? Math.min(...values, log ? Infinity : 0) : 0;
  const x = (at) => left + (width - left - right) * at / Math.max(1, state.losses.length - 1);
  const y = (value) => height - bottom -
    (height - bottom - top) * (value - low) / (high - low || 1);
  const ends = values.length
    ? [[high, top + 4], [low, height - bottom]].map(([value, at]) => {
      const text = label(left - 7, at, "small end");
      text.textContent = format(log ? 10 ** value : value, 3);
      return text;
    }) : [];
  const middle = label((left + width - right) / 2, height - 6, "small middle");
  middle.textContent = values.length
    ? `step 1 to ${state.losses.length.toLocaleString("en")}` : "Play, and the loss is drawn here";
  const name = label(left - 9, (top + height - bottom) / 2 + 4, "name end");
  writeSymbol(name, "batch_C");
  curve.setAttribute("viewBox", `0 0 ${width} ${height}`); // paper is narrower
  curve.replaceChildren(
    s("line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom, class: "grid" }),
    s("line", { x1: left, x2: left, y1: top, y2: height - bottom, class: "grid" }),
    ...ends, middle, name,
    s("polyline", { class: "curve a", points: points.map(([at], i) =>
      `${x(at).toFixed(1)},${y(values[i]).toFixed(1)}`).join(" ") }));
  if (points.length === 1) {
    curve.append(s("circle", { cx: x(0), cy: y(values[0]), r: 3, class: "dot a" }));
  }
  curve.setAttribute("aria-label", `Loss by step. ${lossWords()}`);
  byId("loss-now").textContent = lossWords();
  byId("training").classList.toggle("untrained", state.trained === 0);
}
