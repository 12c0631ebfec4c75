"""The update of a receipt: its parameters, and the rules that the format has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fastbp.model.step_trace import Moment, StepTrace
from fastbp.reference_tables import RULES as FORMULAS


class Place(NamedTuple):
    """Where a parameter stands: w_jk^(l) is ("w", l, (j, k)), b_j^(l) is ("b", l, (j,))."""

    letter: str
    l: int
    nodes: tuple[int, ...]

    @property
    def name(self) -> str:
        """``w1_0_2`` of w_02^(1)."""
        return "_".join(map(str, (f"{self.letter}{self.l}", *self.nodes)))

    def of(self, moment: Any) -> float:
        """Its number, of what has ``w[l][j, k]`` and ``b[l][j]``."""
        return float(getattr(moment, self.letter)[self.l][self.nodes])

    def derivative(self, step: StepTrace) -> float:
        """dC_0/dw_jk^(l) or dC_0/db_j^(l)."""
        return float((step.dC_dw if self.letter == "w" else step.dC_db)[self.l][self.nodes])


def places(step: StepTrace, letters: str = "wb") -> Iterator[Place]:
    """All weights, then all biases."""
    layers = range(1, step.L + 1)
    if "w" in letters:
        for l in layers:
            n_out, n_in = step.w[l].shape
            yield from (Place("w", l, (j, k)) for j in range(n_out) for k in range(n_in))
    if "b" in letters:
        yield from (Place("b", l, (j,)) for l in layers for j in range(step.sizes[l]))


def learnt_places(step: StepTrace) -> Iterator[Place]:
    """The parameters that the step moves."""
    return places(step, "wb" if step.bias is True else "w")


@dataclass(frozen=True)
class _Rule:
    """A rule there.

    ``numbers`` and ``memories`` go by the names there, and have ours: of a memory with its value
    there, from ours and the learning rate.
    """

    name: str
    numbers: dict[str, str] = field(default_factory=dict)
    flags: dict[str, Any] = field(default_factory=dict)
    memories: dict[str, tuple[str, Callable[[float, float], float]]] = field(default_factory=dict)


#: Theirs leaves the learning rate out, and points down as ours does.
_BUFFER = {"buffer": ("velocity", lambda v, rate: v / rate + 0.0)}

#: Our name of a rule -> theirs.
_RULES = {
    "sgd": _Rule("sgd"),
    "momentum": _Rule("sgd_momentum", {"momentum": "momentum"}, {}, _BUFFER),
    "nesterov": _Rule("sgd_momentum", {"momentum": "momentum"}, {"nesterov": True}, _BUFFER),
    "adam": _Rule(
        "adam",
        {"beta1": "beta1", "beta2": "beta2", "epsilon": "eps"},
        {},
        {
            "m": ("first_moment", lambda m, _: 0.0 - m),
            "v": ("second_moment", lambda v, _: v),
        },
    ),
}


def has_rule(step: StepTrace) -> bool:
    """Whether the format has the rule of a step."""
    return step.optimizer.rule.name in _RULES


def optimizer_config(step: StepTrace) -> dict[str, Any]:
    """The rule with its numbers."""
    rule, numbers = _RULES[step.optimizer.rule.name], step.optimizer.numbers
    config = {"name": rule.name, "learning_rate": step.learning_rate, **rule.flags}
    config |= {name: numbers[ours] for name, ours in rule.numbers.items()}
    return config | ({"t": step.step} if rule.name == "adam" else {})


def memories_of(step: StepTrace, place: Place) -> dict[str, dict[str, float]]:
    """What the rule remembers of a parameter, before and after the step."""
    memories = _RULES[step.optimizer.rule.name].memories
    if not memories:
        return {}
    return {
        state: {
            name: value(place.of(moment.memories[ours]), step.learning_rate)
            for name, (ours, value) in memories.items()
        }
        for state, moment in (("state_before", step.before), ("state_after", step.after))
    }


def update_of(step: StepTrace, place: Place) -> float:
    """What the rule adds to a parameter."""
    return _by_the_specification(step, place)[0]


def follows_the_rule(step: StepTrace, place: Place, unit: float) -> bool:
    """Whether a parameter and its memories are what the rule makes of them, within rounding.

    Clipping, weight decay, and rates of layers and of biases make something else. ``unit`` is the
    distance from 1 to the next number of the network's type; a rule rounds a few times.
    """
    update, *expected = _by_the_specification(step, place)
    before, after = place.of(step.before), place.of(step.after)
    triples = [
        (before, update, after),
        *(
            (old, new - old, found)
            for old, new, found in zip(
                _memories(step, step.before, place),
                expected,
                _memories(step, step.after, place),
                strict=True,
            )
        ),
    ]
    return all(
        abs(old + change - found) <= 8 * unit * (abs(old) + abs(change))
        for old, change, found in triples
    )


def _by_the_specification(step: StepTrace, place: Place) -> tuple[float, ...]:
    """The update of a parameter, which is what the rule makes of 0, and its new memories."""
    rule: Any = FORMULAS[step.optimizer.rule.name][0]
    memories = tuple(_memories(step, step.before, place))
    numbers = {**step.optimizer.numbers, "learning_rate": step.learning_rate}
    update, memories = rule(0.0, memories, step.step, place.derivative(step), **numbers)
    return update, *memories


def _memories(step: StepTrace, moment: Moment, place: Place) -> list[float]:
    """The rule's memories of a parameter, in the rule's order."""
    return [place.of(moment.memories[memory.name]) for memory in step.optimizer.rule.memories]
