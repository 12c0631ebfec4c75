// An input that is an image, and the weights into a node of layer 1 as one.
function paint(canvas, values, rows, columns) {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  const style = getComputedStyle(document.documentElement);
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  values.forEach((value, at) => {
    context.globalAlpha = Math.abs(value) / largest;
    context.fillStyle = style.getPropertyValue(value < 0 ? "--best" : "--a");
    context.fillRect(at % columns, Math.floor(at / columns), 1, 1);
  });
}

function renderImages() {
  const { image } = state.example, box = byId("images");
  box.hidden = !image;
  if (!image) return;
  const [rows, columns] = image, n = rows * columns;
  const chosen = state.selected?.l === 1 ? state.selected.j : state.windows[1];
  paint(byId("input-image"), shownPass().a[0], rows, columns);
  paint(byId("weight-image"), state.net.w[1].slice(chosen * n, (chosen + 1) * n), rows, columns);
  byId("input-words").textContent = `sample ${shownSample()}; tap a pixel to see its node`;
  byId("weight-words").textContent = `weights into node ${nodeName(chosen)} of layer ` +
    `${layerName(1)}: blue > 0, orange < 0`;
}

// The input node under the pointer.
function pixelAt({ target, offsetX, offsetY }) {
  const [rows, columns] = state.example.image;
  const column = Math.floor(offsetX / target.clientWidth * columns);
  const row = Math.floor(offsetY / target.clientHeight * rows);
  return Math.min(rows - 1, Math.max(0, row)) * columns +
    Math.min(columns - 1, Math.max(0, column));
}
