// Pointer and keys in the drawing, which is one stop of Tab, and the keys that walk.
let roving = null;

function roveTo(entry) {
  if (!entry) return;
  roving?.group.setAttribute("tabindex", "-1");
  roving = entry;
  entry.group.setAttribute("tabindex", "0");
}

// Up and down along a layer, left and right across layers; with shift along a node's own weights.
function neighbour({ part, l, j, k }, key, shift) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[key];
  const all = shownNodes(l);
  if (part === "weight" || part === "bias" || shift) {
    const own = [{ part: "node", l, j }, ...(l > 0 && state.net.b[l].length
      ? [{ part: "bias", l, j }] : []),
    ...(l > 0 ? shownNodes(l - 1).map((below) => ({ part: "weight", l, j, k: below })) : [])];
    const at = own.findIndex((item) => isSame(item, { part, l, j, k }));
    if (step) return own[at + step];
    if (key === "ArrowLeft" && part === "weight") return { part: "node", l: l - 1, j: k };
    return { part: "node", l, j };
  }
  if (part === "loss") return step === -1 || key === "ArrowLeft"
    ? { part: "target", l, j: all.at(-1) } : null;
  if (step) {
    const next = j + step; // perhaps outside the window, which then moves
    if (next >= 0 && next < state.net.sizes[l]) return { part, l, j: next };
    return part === "target" && step === 1 ? { part: "loss", l } : null;
  }
  if (key === "ArrowLeft" && part === "target") return { part: "node", l, j };
  if (key === "ArrowRight" && l === state.L) {
    return part === "node" ? { part: "target", l, j } : null;
  }
  const layer = l + (key === "ArrowRight" ? 1 : -1);
  if (layer < 0) return null;
  const nodes = shownNodes(layer);
  return { part: "node", l: layer, j: nodes[Math.min(all.indexOf(j), nodes.length - 1)] };
}

// Shows a part; a pinned one stays, and can be edited.
function select(item, pinned = true) {
  if (pinned) {
    state.selected = item;
    if (item && reveal(item)) rebuild();
    else refreshDrawing();
    renderImages();
    putFirst(item ? "detail" : "step");
  }
  renderDetail(item ?? state.selected);
}

// Scrolls the page until the head of the panel is seen too, but not past what was tapped.
function showDetail(group) {
  const missing = byId("detail-title").getBoundingClientRect().top + 160 - window.innerHeight;
  if (missing > 0) window.scrollBy(0, Math.min(missing, group.getBoundingClientRect().top - 60));
}

const itemUnder = ({ target }) => parts.get(target.closest?.(".part")?.dataset.key)?.item;
svg.addEventListener("pointerover", (event) => {
  const item = itemUnder(event);
  if (item && event.pointerType !== "touch" && !isEditing(byId("detail"))) select(item, false);
});
svg.addEventListener("pointerleave", () => {
  if (!isEditing(byId("detail"))) renderDetail();
});
svg.addEventListener("click", (event) => {
  const item = itemUnder(event);
  if (!item) return;
  select(isSame(item, state.selected) ? null : item);
  if (state.selected) showDetail(parts.get(partKey(item)).group);
});
// Not of the svg, which would become a stop of Tab by it.
scroller.addEventListener("focusin", (event) => {
  const item = itemUnder(event);
  if (item) select(item, false);
});
svg.addEventListener("keydown", (event) => {
  const entry = parts.get(event.target.closest(".part")?.dataset.key);
  if (!entry) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    select(entry.item);
    byId("detail").querySelector("input")?.focus();
  } else if (event.key === "Escape") {
    select(null);
  } else if (event.key.startsWith("Arrow")) {
    event.preventDefault();
    event.stopPropagation();
    moveFocus(neighbour(entry.item, event.key, event.shiftKey));
  }
});

function moveFocus(item) {
  if (!item) return;
  if (reveal(item)) rebuild();
  const entry = parts.get(partKey(item));
  if (!entry) return;
  roveTo(entry);
  entry.group.focus();
}

byId("detail").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !state.selected) return;
  const entry = parts.get(partKey(state.selected));
  select(null);
  if (entry) { roveTo(entry); entry.group.focus(); }
});

// Left and right walk, wherever no control has a use of its own for them.
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.matches?.("input, select, textarea, summary, #scroll, .scroll")) return;
  if (event.key === "ArrowRight") goTo(state.step + 1);
  else if (event.key === "ArrowLeft") goTo(state.step - 1);
});

// The parts that a symbol is of: with an index in general all that it stands for.
function partsOf(text) {
  const [, part, indices] = text.match(/^(\w+) (.*)$/), wanted = JSON.parse(indices);
  const general = part === "target" || part === "loss"; // of the last layer alone
  if (!general && typeof wanted.l !== "number") return [];
  const fits = ({ item }) => item.part === part && ["l", "j", "k"].every((letter) =>
    typeof wanted[letter] !== "number" || item[letter] === undefined ||
    wanted[letter] === item[letter]);
  return [...parts.values()].filter(fits);
}

// A symbol that is pointed at, or tapped, shows where it is in the drawing.
document.addEventListener("pointerover", ({ target }) => {
  const text = target.closest?.("[data-of]")?.dataset.of;
  for (const { group } of parts.values()) group.classList.remove("pointed");
  if (text) for (const { group } of partsOf(text)) group.classList.add("pointed");
});

byId("input-image").addEventListener("click", (event) => {
  select({ part: "node", l: 0, j: pixelAt(event) });
});
