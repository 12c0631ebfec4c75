"""The explorer: one HTML file that draws a network, walks a training step and recomputes it.

- ``explorer``: writes the page; ``network_data``: what the page knows of a network and its samples;
  ``array_data``: arrays as JSON; ``built_in``: the networks that every page has.
- ``page.html`` is the page's body, ``explorer.css`` its look. Its script is the ``.js`` files, one
  after the other: ``arithmetic.js`` computes, the others draw, walk, edit and train.
- ``quiz_data``: its quiz; ``quiz.html``, ``quiz.css``, ``quiz.js`` and ``quiz_storage.js`` are
  that part of the page.
- ``notation_data``: the symbols of each notation, from the table of ``fastbp.lessons.notations``.
"""

from fastbp.lessons.explorer.explorer import explore

__all__ = ["explore"]
