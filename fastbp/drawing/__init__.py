"""SVG pictures and HTML pages as text, self-contained and without dependencies.

- ``markup``: elements and escaping; ``colours``: the palette, light and dark.
- ``scales``: from values to places; ``axes``: ticks, their numbers and grid lines.
- ``shapes``: labels, lines, bars, whiskers and markers.
- ``curves``: values over an index, as one chart.
- ``picture``: shapes with their words, inline or as an SVG file.
- ``page`` and ``html_table``: the HTML around pictures; ``notebook``: HTML for a cell's output.

It knows nothing of networks or of the benchmark: they hand over numbers and words.
"""
