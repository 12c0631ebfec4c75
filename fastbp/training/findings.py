"""A finding about a network or its data, and the thresholds from which on there is one."""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

from fastbp.text.formatting import join_some

#: Nodes that a text names.
_NAMED = 6


class Finding(NamedTuple):
    """What was found, where, how much of it, and what to try.

    Attributes
    ----------
    kind : str
        Such as "dead_nodes"; docs/diagnosis.md lists them.
    text : str
        What was found, with its numbers.
    remedy : str
        What to try.
    layer : int or None
        Of which layer l = 1..L, where it is of one.
    nodes : tuple of int
        Of which nodes of that layer, or which columns of X.
    value : float
        The number that was compared with a threshold; NaN where there is none.
    """

    kind: str
    text: str
    remedy: str
    layer: int | None = None
    nodes: tuple[int, ...] = ()
    value: float = nan

    def __str__(self) -> str:
        return f"{self.text}. Try: {self.remedy}"


def name_nodes(nodes: Sequence[int]) -> str:
    """Name the nodes of a layer: the first ones, and how many there are more.

    >>> name_nodes([3]), name_nodes([0, 4, 7])
    ('node 3', 'nodes 0, 4, 7')
    """
    return f"node{'s' * (len(nodes) > 1)} {join_some(map(str, nodes), _NAMED)}"


class Threshold(NamedTuple):
    """A number from which on there is a finding, and why it is that number."""

    value: float
    reason: str


#: Of the findings of ``net.diagnose`` and of the causes that a TrainingWarning names.
THRESHOLDS: dict[str, Threshold] = {
    "column_range": Threshold(
        30, "a column whose largest number is so many times the typical one's drowns the others"
    ),
    "large": Threshold(
        10, "inputs or targets beyond it saturate nodes or kill them; first weights are for some 1"
    ),
    "small": Threshold(0.01, "inputs below it move no node: z is the bias"),
    "flat_slope": Threshold(
        1e-3, "where abs(g') is less on every row, a node hardly learns: abs(z) > 7 for sigmoid"
    ),
    "flat_share": Threshold(
        1 / 4, "of a layer's nodes, where training failed: single dead nodes are common"
    ),
    "flat_share_healthy": Threshold(
        1 / 2, "the same where it did not: up to a quarter is dead in relu networks that learn well"
    ),
    "flat_rows": Threshold(
        0.9, "the share of rows on which a node is flat that counts as saturated; dead is on all"
    ),
    "outside_cost": Threshold(
        0.1, "of the constant's loss: what targets out of the outputs' range cost at least"
    ),
    "faded": Threshold(
        0.1, "root of the sum of a node's w^2: inputs of some 1 then give z of this; first ones 1"
    ),
    "overshot": Threshold(
        5, "C by that of outputs around g(0): first weights on scaled inputs get up to 3 times it"
    ),
    "small_targets": Threshold(
        0.1, "smaller ones take as many steps as large ones: the first outputs vary by some 1"
    ),
    "out_of_reach": Threshold(1.05, "C by a constant's, which a network without biases misses"),
    "learnt": Threshold(
        0.05, "of a constant output's loss: below it nothing of what is found holds training back"
    ),
    "vanishing": Threshold(
        1e-3, "delta of layer 1 by that of the last: five layers of g' = 1/4, with which SGD stops"
    ),
    "exploding": Threshold(100, "the same ratio: networks that learn well have 0.05 to 2"),
    "imbalance": Threshold(
        10, "largest class by the smallest: below it recalls of rare classes suffer little"
    ),
    "recall": Threshold(0.5, "of a rare class: above it the network copes, whatever the shares"),
    "rate_gain": Threshold(
        0.1, "of a constant's loss, by which another rate must do better in the same trial steps"
    ),
    "rate_noise": Threshold(
        0.3, "the same early, or of a lower one that learns nothing: noise comes to 0.1 or 0.2"
    ),
    "rate_loss": Threshold(0.01, "of it: a rate that lowers C by more in the trial is not too low"),
    "update_ratio": Threshold(
        1e-3, "a step's change of the weights by their size: usual in the middle of a training"
    ),
    "long_update": Threshold(
        0.3, "the same of a higher rate that is advised: longer steps draw weights, as a lottery"
    ),
}
