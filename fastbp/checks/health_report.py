"""What a diagnosis found: findings, and the measures of each layer that they come from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

from fastbp.training.findings import Finding


class LayerMeasures(NamedTuple):
    """The numbers of one layer, on the rows looked at.

    Attributes
    ----------
    l : int
    activation : str
    n_dead, n_saturated : int
        Nodes whose slope is near 0 on every row, and of these: those that give 0, and the others.
    delta : float
        The root mean square of delta_j over rows and nodes.
    update_ratio : float
        The root mean square of a step's change of the weights by that of the weights, the mean of
        some steps; NaN where no step can be tried.
    """

    l: int
    activation: str
    n_dead: int
    n_saturated: int
    delta: float
    update_ratio: float


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis(Sequence[Finding]):
    """The findings of :meth:`fastbp.Network.diagnose`, a sequence; printing it shows the report.

    Empty, and so false, where nothing was found.

    Attributes
    ----------
    findings : tuple of Finding
        Each with ``.kind``, ``.layer``, ``.nodes``, ``.value``, ``.text`` and ``.remedy``.
    layers : tuple of LayerMeasures
        ``layers[l - 1]`` has layer l's numbers, found wanting or not.
    share : float
        What is left of a constant output's loss: (C - least) / (the constant's - least). 1 where
        nothing was learnt; NaN with a loss of the caller's own, whose constant is not known.
    """

    sizes: tuple[int, ...]
    findings: tuple[Finding, ...]
    layers: tuple[LayerMeasures, ...]
    share: float

    @overload
    def __getitem__(self, i: int) -> Finding: ...
    @overload
    def __getitem__(self, i: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, i: int | slice) -> Finding | tuple[Finding, ...]:
        return self.findings[i]

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the findings, in their order."""
        return tuple(finding.kind for finding in self.findings)

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        shape = "-".join(map(str, self.sizes))
        count = f"{len(self)} finding{'s' * (len(self) > 1)}" if self.findings else "nothing found"
        yield f"Diagnosis of {shape}: {count}"
        for finding in self.findings:
            yield f"  - {finding.text}"
            yield f"    try: {finding.remedy}"
        yield "  layer               dead  saturated   delta     update/weight"
        for layer in self.layers:
            name = f"{layer.l} {layer.activation}"
            yield (
                f"  {name:<18}{layer.n_dead:>6}{layer.n_saturated:>11}   {layer.delta:<9.2g} "
                f"{layer.update_ratio:<.2g}"
            )
        if self.share == self.share:
            shown = f"{self.share:.1%} of" if self.share < 10 else f"{self.share:.3g} times"
            yield f"  C is at {shown} a constant output's loss"
