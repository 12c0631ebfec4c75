"use strict";
// Everything on the page can be read without this: it chooses, sorts and searches.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = document.getElementById("theme");
const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
const nameTheme = () => { theme.textContent = isDark() ? "Light colours" : "Dark colours"; };
theme.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
});
dark.addEventListener("change", nameTheme);
nameTheme();

const choices = [...document.querySelectorAll("select[data-choice]")];
const cards = [...document.querySelectorAll(".card[data-task]")];
const shown = document.getElementById("shown");
function choose() {
  let count = 0;
  for (const card of cards) {
    card.hidden = !choices.every(
      (one) => one.value === "" || one.value === card.dataset[one.dataset.choice]);
    count += !card.hidden;
  }
  shown.textContent = count ? "" : "Nothing was measured with these choices together.";
}
for (const one of choices) one.addEventListener("change", choose);
if (choices.length) choose();

const table = document.getElementById("all");
const body = table.tBodies[0];
// The cells of a rung that was not timed end with a sentence: it has no number here, or no cell.
const units = { ns: 1, "µs": 1e3, ms: 1e6, s: 1e9 };
const number = (cell) => {
  const words = cell?.textContent.replace(/[,~]/g, "").split(" ") ?? [];
  return parseFloat(words[0]) * (units[words.at(-1)] ?? 1);
};
function sort(column, head) {
  const up = head.getAttribute("aria-sort") !== "ascending";
  const numeric = head.classList.contains("n");
  const rows = [...body.rows].map((row, place) => [row.cells[column], place, row]);
  rows.sort(([one, i], [other, j]) => {
    const [x, y] = numeric ? [number(one), number(other)] : [0, 0];
    if (numeric && isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1;
    const order = numeric ? x - y : one.textContent.localeCompare(other.textContent);
    return (up ? order : -order) || i - j;
  });
  for (const one of table.tHead.rows[0].cells) one.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  body.append(...rows.map((row) => row[2]));
}
[...table.tHead.rows[0].cells].forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  button.addEventListener("click", () => sort(column, head));
  head.replaceChildren(button);
  head.setAttribute("aria-sort", "none");
});

const search = document.getElementById("search");
const found = document.getElementById("found");
function look() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const row of body.rows) {
    const text = row.dataset.text ||= [...row.cells].map((cell) => cell.textContent).join(" ")
      .toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    count += !row.hidden;
  }
  found.textContent = `${count} of ${body.rows.length} rows`;
}
search.addEventListener("input", look);
look();
for (const one of document.querySelectorAll(".controls")) one.hidden = false;
