"""Tables that show another one: under other names, or one of its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from fastbp.tables.chunks import Chunk, Source, declared_by, is_typed


@dataclass(frozen=True)
class SourceView:
    """A source that says of itself what another one does; see `fastbp.tables.chunks.Source`."""

    source: Source

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.source.label

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.source.names

    @property
    def named(self) -> bool:
        """Whether the names are the table's own."""
        return self.source.named

    @property
    def typed(self) -> bool:
        """Whether its numbers were numbers before they were read."""
        return is_typed(self.source)

    @property
    def declared(self) -> Mapping[str, tuple[str, ...] | None]:
        """The columns that it says to be categories."""
        own = dict(zip(self.source.names, self.names, strict=True))
        return {own[name]: order for name, order in declared_by(self.source).items()}

    def description(self) -> str:
        """Describe how it is read."""
        return self.source.description()


@dataclass(frozen=True)
class NamedSource(SourceView):
    """A table whose columns have no names, with those of another one."""

    given_names: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.given_names

    @property
    def named(self) -> bool:
        """Whether it has names."""
        return True

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows."""
        own = dict(zip(self.names, self.source.names, strict=True))
        wanted = None if columns is None else [own[name] for name in columns]
        return self.source.chunks(wanted, [own[name] for name in as_text])


@dataclass(frozen=True)
class RowSource(SourceView):
    """The row at a place, from 0; no row if the table ends before it."""

    place: int

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield the row."""
        start = 0
        for chunk in self.source.chunks(columns, as_text):
            i = self.place - start
            if i < len(chunk):
                lines = None if chunk.lines is None else chunk.lines[i : i + 1]
                yield Chunk(tuple(cells[i : i + 1] for cells in chunk.columns), lines)
                return
            start += len(chunk)


def count_rows(source: Source) -> int:
    """Count the rows of a table."""
    return sum(len(chunk) for chunk in source.chunks(source.names[:1]))
