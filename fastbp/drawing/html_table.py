"""HTML tables."""

from collections.abc import Sequence

from fastbp.drawing.markup import Markup, tag, text

_TALL = 60  # rows; longer tables scroll by themselves


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    name: str,
    *,
    numbers: Sequence[bool] = (),
    **attributes: object,
) -> Markup:
    """Make a table whose first cells head their rows; wide ones scroll by themselves.

    The last cell of a row that is short is a sentence, and has the rest of the row for itself.
    """
    full = [row for row in rows if len(row) == len(columns)]
    numeric = numbers or [_is_number([row[i] for row in full]) for i in range(len(columns))]
    classes = ["n" if number else None for number in numeric]
    head = tag(
        "tr",
        *(
            tag("th", text(column), scope="col", class_=class_)
            for column, class_ in zip(columns, classes, strict=True)
        ),
    )
    body = (
        tag("tr", tag("th", text(row[0]), scope="row"), *_data_cells(row, classes)) for row in rows
    )
    element = tag(
        "table",
        tag("caption", text(name), class_="unseen"),
        tag("thead", head),
        tag("tbody", *body),
        **attributes,
    )
    tall = " tall" * (len(rows) > _TALL)
    return tag("div", element, class_=f"scroll{tall}", role="region", aria_label=name, tabindex=0)


def _data_cells(row: Sequence[str], classes: Sequence[str | None]) -> list[Markup]:
    """The cells of a row after its first one."""
    cells: list[tuple[str, dict[str, object]]] = [
        (cell, {"class_": class_}) for cell, class_ in zip(row[1:], classes[1:], strict=False)
    ]
    n_missing = len(classes) - len(row)
    if n_missing:
        cells[-1] = row[-1], {"class_": "sentence", "colspan": 1 + n_missing}
    return [tag("td", text(cell), **attributes) for cell, attributes in cells]


def _is_number(cells: Sequence[str]) -> bool:
    return all(cell[:1].isdigit() or cell in ("–", "") for cell in cells) and any(cells)
