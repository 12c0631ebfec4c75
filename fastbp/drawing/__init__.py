"""SVG pictures and HTML pages as text, self-contained and without dependencies.

- ``markup``: elements and escaping; ``colours``: the palette, light and dark.
- ``scales``: from values to places; ``axes``: ticks, their numbers and grid lines.
- ``shapes``: labels, lines, bars, whiskers and markers.
- ``picture``: shapes with their words, inline or as an SVG file.
- ``page`` and ``table``: the HTML around pictures.

It knows nothing of networks or of the benchmark: they hand over numbers and words.
"""
