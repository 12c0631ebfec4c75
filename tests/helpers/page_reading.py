"""A reader of the pages that fastbp writes: what a browser would make of them, as far as we ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "input", "link", "img"}
SHAPES = {"rect", "line", "circle", "path", "polyline"}


@dataclass
class Element:
    """A tag, its attributes, what it holds, and all text inside."""

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def all(self, name: str, **attributes: str) -> list[Element]:
        """Every element inside of that name, with these attributes; a class is one of several."""
        elements = []
        for child in self.children:
            has = child.attributes
            if child.name == name and all(
                value in has.get(key.strip("_"), "").split() for key, value in attributes.items()
            ):
                elements.append(child)
            elements += child.all(name, **attributes)
        return elements

    @property
    def text(self) -> str:
        return "".join(self.texts)


class Reader(HTMLParser):
    """Builds the tree; a tag that is not closed, or closed twice, is an error."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"{tag} repeats an attribute"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID | SHAPES, f"{tag} cannot close itself"
        self._open[-1].children.append(Element(tag, {name: v or "" for name, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].name == tag, f"{tag} ends inside {self._open[-1].name}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)


def parse(document: str) -> Element:
    """Read a page whose tags must all match."""
    reader = Reader()
    reader.feed(document)
    reader.close()
    assert len(reader._open) == 1, f"{reader._open[-1].name} is never closed"
    return reader.root


def everything(root: Element) -> list[Element]:
    """All elements, in order."""
    return [element for child in root.children for element in (child, *everything(child))]
