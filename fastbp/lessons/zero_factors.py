"""Reasons why a factor of the chain rule is 0: a dead relu, a saturated node, an input of 0."""

from __future__ import annotations

from collections.abc import Sequence

from fastbp.lessons.formulas import Formula, Layer, Node, Part
from fastbp.model.trace import Trace
from fastbp.text.page import number

_LISTED = 10  # nodes that are named; more are counted
_SATURATED = " is saturated for this sample"


def _is_flat_below_0(trace: Trace, l: int) -> bool:
    """Whether g^(l) is as relu, or its leaky kin with a slope of 0."""
    row = trace.row(l)
    return row is not None and any(kink.z == kink.left == 0 for kink in row.kinks)


def why_flat(trace: Trace, l: int, j: int) -> tuple[Part, ...]:
    """Explain why g'(z_j^(l)) is 0: the node is dead, on a flat piece of g, or far out."""
    z, name = number(trace.z[l][j]), trace.label(l)
    row = trace.row(l)
    if _is_flat_below_0(trace, l):
        return (
            f"z is {z}, and {name} is flat for z <= 0; node ",
            Node(j),
            " of layer ",
            Layer(l),
            " is dead for this sample, and no small change of a weight that leads to it "
            "changes C_0",
        )
    flat = f"{name} is so flat that its slope rounds to 0"
    if row is not None and any(0 in (kink.left, kink.right) for kink in row.kinks):
        kinks = " and ".join(number(kink.z) for kink in row.kinks)
        flat = f"{name} is flat, as everywhere but between {kinks}"
    return f"at z = {z} {flat}; node ", Node(j), " of layer ", Layer(l), _SATURATED


def why_no_activation(trace: Trace, l: int, k: int) -> tuple[Part, ...]:
    """Explain why a_k^(l) is 0: an input of 0, a dead node, or an activation of 0."""
    if l == 0:
        end = " is 0 here, and no change of a weight that leads from it changes C_0"
        return "input ", Node(k), end
    z, name = number(trace.z[l][k]), trace.label(l)
    if _is_flat_below_0(trace, l):
        return (
            f"z is {z}, and {name} gives 0 for z <= 0; node ",
            Node(k),
            " of layer ",
            Layer(l),
            " is dead for this sample, and no change of a weight that leads from it changes C_0",
        )
    return "node ", Node(k), " of layer ", Layer(l), f" gives {name}({z}) = 0 for this sample"


def why_flat_nodes(trace: Trace, l: int, nodes: Sequence[int], slope: str) -> tuple[Part, ...]:
    """Explain which nodes of layer l have a slope of 0."""
    listed = [part for j in nodes[:_LISTED] for part in (", ", Node(j))][1:]
    state = "dead" if _is_flat_below_0(trace, l) else "saturated"
    return (
        Formula(slope),
        f" is 0 at {len(nodes)} of {trace.sizes[l]} nodes: node{'s' * (len(nodes) > 1)} ",
        *listed,
        ", ..." * (len(nodes) > _LISTED) + " of layer ",
        Layer(l),
        f", {state} for this sample ({trace.label(l)}).",
    )
