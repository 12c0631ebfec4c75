"""Generated blocks of Markdown documents, between two comments that mark them."""


def marks(name):
    """The lines before and after a block."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def _split(document, name):
    begin, end = marks(name)
    text = document.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"{document} must hold the lines {begin} and {end} once each")
    head, remainder = text.split(begin)
    block, tail = remainder.split(end)
    return head, block, tail


def written(document, name):
    """The text of a block."""
    return _split(document, name)[1].strip("\n")


def write(document, name, parts):
    """Replace a block by paragraphs."""
    head, _, tail = _split(document, name)
    begin, end = marks(name)
    harmless = [part.replace("<!--", "&lt;!--") for part in parts]  # a cell must not end the block
    document.write_text(head + "\n\n".join([begin, *harmless, end]) + tail, encoding="utf-8")


def markdown(columns, rows):
    """A table; all columns but the first are right-aligned."""
    rule = ["---"] + ["--:"] * (len(columns) - 1)
    return "\n".join(map(line, (columns, rule, *rows)))


def line(cells):
    """One row of a table."""
    escaped = (" ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"
