"""The colour palette, light and dark; text has a contrast of at least 4.5 to its background."""

from fastbp.drawing.markup import Markup

#: Name -> what it is in the light, and in the dark.
COLOURS = {
    "ground": ("#ffffff", "#171715"),
    "raised": ("#f4f3ef", "#22221f"),
    "text": ("#1c1c1a", "#ecebe5"),
    "muted": ("#595953", "#b0afa6"),
    "line": ("#d9d7cf", "#3d3d38"),
    "link": ("#1b5a9c", "#8fbdf0"),
    "wrong": ("#a3161f", "#ff8f8f"),
    "vector": ("#e3f0dc", "#243a24"),
    # Bars and dots: one file's, another file's, and the fastest.
    "a": ("#5b86b4", "#6c9bcc"),
    "b": ("#8a5ba6", "#b891d3"),
    "c": ("#3f8f6b", "#5fb890"),
    "d": ("#8d7a2e", "#c2ab55"),
    "best": ("#b4450c", "#f0894a"),
    # Squares of a map, with text on them.
    "tint0": ("#cfe0f3", "#22415f"),
    "tint1": ("#fbdcc6", "#66381c"),
    "tint2": ("#d5ecd2", "#2a4a2a"),
    "tint3": ("#e7d6f1", "#4a315a"),
    "tint4": ("#f8ecb4", "#55491a"),
    "tint5": ("#d9dad6", "#454541"),
}
LIGHT, DARK = 0, 1
_DARK_SYSTEM = "@media (prefers-color-scheme: dark)"


def properties() -> Markup:
    """CSS custom properties for a page: by the system's theme, or by data-theme."""

    def of(theme: int) -> str:
        return " ".join(f"--{name}: {pair[theme]};" for name, pair in COLOURS.items())

    return Markup(
        f":root {{ color-scheme: light; {of(LIGHT)} }}\n"
        f'@media screen {{ :root[data-theme="dark"] {{ color-scheme: dark; {of(DARK)} }} }}\n'
        f"@media screen and (prefers-color-scheme: dark) {{ "
        f':root:not([data-theme="light"]) {{ color-scheme: dark; {of(DARK)} }} }}\n'
    )


def inline_colours(style: Markup) -> Markup:
    """Put the colours themselves into a style sheet: not every viewer of SVG knows var()."""

    def of(theme: int) -> str:
        css = str(style)
        for name, pair in COLOURS.items():
            css = css.replace(f"var(--{name})", pair[theme])
        return css

    return Markup(f"{of(LIGHT)}\n{_DARK_SYSTEM} {{\n{of(DARK)}}}\n")
