"""Faults of a page that keep people from reading it: those axe-core finds, and pale drawings.

axe-core is a package of npm; FASTBP_AXE names its axe.min.js, or else it is looked for in
node_modules, here or in the source tree.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from source_tree import ROOT

_INSTALLED = Path("node_modules", "axe-core", "axe.min.js")
_PLACES = (os.environ.get("FASTBP_AXE"), _INSTALLED, ROOT / _INSTALLED)
AXE = next((Path(place) for place in _PLACES if place and Path(place).is_file()), None)
needs_axe = pytest.mark.skipif(
    AXE is None, reason="axe-core is not installed: npm install axe-core, or set FASTBP_AXE"
)
# Minor and moderate faults are advice, such as landmarks around all text.
_GRADES = ("serious", "critical")
_RUN = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
  .flatMap(({ impact, help, nodes }) => nodes.map(({ target, failureSummary }) => [impact,
    `${help}: ${target.join(" ")}: ${failureSummary.split("\\n").slice(1).join(";")}`]))"""
# axe leaves out what lies on something else, as most of a drawing does. WCAG 2.2 asks for a
# contrast of 4.5 between text and its ground (1.4.3), of 3 for lines one must see (1.4.11).
_PALE = """() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (css) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = css;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, alpha], ground, share = 1) => {
    const part = share * alpha / 255;
    return [r, g, b].map((value, i) => value * part + ground[i] * (1 - part)).concat(255);
  };
  const light = (rgb) => rgb.slice(0, 3).map((value) => value / 255).map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const paper = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found[3] === 255) return found;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  const tell = (element, share, ground, least, front) => {
    const ratio = contrast(over(colour(front), ground, share), ground);
    if (ratio < least) found.push(`${element.textContent || element.getAttribute("class")}: ` +
      `${ratio.toFixed(2)}, not ${least}`);
  };
  for (const text of document.querySelectorAll("svg text")) {
    if (!text.checkVisibility()) continue;
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const shapes = [...text.parentElement.querySelectorAll(":scope > :is(circle, rect)")];
    const below = shapes.filter((shape) => {
      const box = shape.getBoundingClientRect();
      return box.left < (left + right) / 2 && (left + right) / 2 < box.right &&
        box.top < (top + bottom) / 2 && (top + bottom) / 2 < box.bottom;
    });
    const ground = below.reduce((under, shape) =>
      over(colour(getComputedStyle(shape).fill), under), paper(text));
    tell(text, 1, ground, 4.5, getComputedStyle(text).fill);
  }
  for (const line of document.querySelectorAll(".edge-line")) {
    const { stroke, opacity } = getComputedStyle(line);
    tell(line.parentElement, Number(opacity), paper(line), 3, stroke);
  }
  return [...new Set(found)];
}"""


def faults(page: Any) -> list[str]:
    """The serious and critical faults of the page as it is now, a line for each element."""
    assert AXE is not None
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))  # as a console would: the page's policy stays
    return [f"{impact}: {words}" for impact, words in page.evaluate(_RUN) if impact in _GRADES]


def pale(page: Any) -> list[str]:
    """Words of drawings and lines of weights that stand out too little from what is behind them."""
    found: list[str] = page.evaluate(_PALE)
    return found
