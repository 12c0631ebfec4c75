"""What a script writes into a document stands between its marks, and nobody types there."""


def marks(name):
    """The two lines around a block."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def _split(document, name):
    begin, end = marks(name)
    text = document.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"{document} must hold the lines {begin} and {end} once each")
    before, rest = text.split(begin)
    block, after = rest.split(end)
    return before, block, after


def written(document, name):
    """What stands between the marks."""
    return _split(document, name)[1].strip("\n")


def write(document, name, parts):
    """Put paragraphs there instead."""
    before, _, after = _split(document, name)
    begin, end = marks(name)
    harmless = [part.replace("<!--", "&lt;!--") for part in parts]  # no block ends another
    document.write_text(before + "\n\n".join([begin, *harmless, end]) + after, encoding="utf-8")


def markdown(columns, rows):
    """Make a table of cells; all columns but the first hold numbers."""
    rule = ["---"] + ["--:"] * (len(columns) - 1)
    cells = ([_one_line(cell) for cell in row] for row in (columns, rule, *rows))
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _one_line(cell):
    """A text that does not end its cell."""
    return " ".join(str(cell).split()).replace("|", "\\|")
