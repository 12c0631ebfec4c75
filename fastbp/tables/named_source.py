"""A table whose columns have no names, with those of another one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from fastbp.tables.chunks import Chunk, Source, declared_by, is_typed


@dataclass(frozen=True)
class NamedSource:
    """A source whose columns are called otherwise; see `fastbp.tables.chunks.Source`."""

    source: Source
    names: tuple[str, ...]
    named: bool = True

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.source.label

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

    def chunks(
        self, columns: Collection[str] | None = None, as_text: Collection[str] = ()
    ) -> Iterator[Chunk]:
        """Yield its rows."""
        own = dict(zip(self.names, self.source.names, strict=True))
        wanted = None if columns is None else [own[name] for name in columns]
        return self.source.chunks(wanted, [own[name] for name in as_text])
