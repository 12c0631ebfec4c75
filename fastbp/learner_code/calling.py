"""How a learner's function is called: which arguments, in which containers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.learner_code import formulas
from fastbp.learner_code.examples import Example
from fastbp.learner_code.learner_file import Function
from fastbp.learner_code.roles import BATCHES, Role, symbol_of

ROWS = {"x", "y", "z", "a", "delta"}  # a row for each sample
DEPTH = {"z": 1, "a": 1, "delta": 1, "w": 2, "dw": 2, "b": 1, "db": 1, "C_0": 0, "value": 1}


COMPUTED = {"z", "a", "delta", "dw", "db"}  # by a function of x; with a default they are its own


class NotUnderstoodError(ValueError):
    """Raised for a function whose parameters cannot be given."""


@dataclass(frozen=True)
class Style:
    """A way to hand numbers over.

    Parameters
    ----------
    container : {"list", "array", "column", "row", "each"}
        Lists; arrays; arrays with vectors as (n, 1), or as (1, n); or one number a call.
    offset : int
        1 puts None before the first layer, so that w[1] is w^(1); else w[0] is.
    batch : bool
        Whether the parameters in capitals take a mini-batch, a row a sample, or a column a
        sample where vectors are columns; else one sample.
    transposed : bool
        Whether a matrix has a row for each k, not for each j.
    """

    container: str
    offset: int = 0
    batch: bool = False
    transposed: bool = False

    def depths(self, name: str) -> set[int]:
        """How deep a quantity of one layer may be nested; biases may always be (n, 1) or (1, n)."""
        depth = DEPTH[name]
        if self.batch and name in ROWS:
            return {depth + 1}
        if depth == 1 and (self.container in ("column", "row") or name in ("b", "db")):
            return {depth, depth + 1}
        return {depth}


def styles(
    role: Role, function: Function, uses_numpy: bool, transposed: bool = False
) -> Iterator[Style]:
    """The styles to try, the likeliest first."""
    names = {parameter.name for parameter in function.parameters}
    batches = (True, False) if names & BATCHES else (False,)
    first = ["array", "list"] if uses_numpy else ["list", "array"]
    containers = [*first, "column", "row"]
    if "value" in role.gives:
        batches, containers = (False,), [*first, "each"]
    for batch in batches:
        for container in containers:
            for offset in (0, 1) if role.of_network else (0,):
                if container == "row" and len(batches) > 1 and not batch:
                    continue  # a mini-batch of one: its sum is its mean
                yield Style(container, offset, batch, transposed)


class Activations:
    """g or g' as an argument: called with a number, a list or an array; ``g[l]`` is of layer l."""

    def __init__(self, names: Sequence[str], derivative: bool, offset: int) -> None:
        self._names, self._derivative, self._offset = names, derivative, offset

    def __call__(self, z: Any) -> Any:
        """Compute g(z) or g'(z), of the hidden layers unless one was chosen by ``g[l]``."""
        rows = np.atleast_2d(np.asarray(z, np.float64))
        name, values = self._names[0], formulas.activation(self._names[0], rows)
        if self._derivative:
            values = formulas.slope(name, rows, values)
        values = values.reshape(np.shape(z))
        return values if isinstance(z, np.ndarray) else values.tolist()

    def __getitem__(self, l: int) -> "Activations":
        if l >= 0:
            l -= self._offset
        return Activations([self._names[l]], self._derivative, 0)


def arguments(role: Role, function: Function, ex: Example, l: int, style: Style) -> dict[str, Any]:
    """The arguments of a call, by parameter.

    Raises
    ------
    NotUnderstoodError
        If a parameter without a default has no name that is understood here.
    """
    values = role.given(ex, l)
    layer = values.pop("layer")
    names = ex.names if layer < 0 else [ex.names[layer]]
    values["learning_rate"] = ex.setting.learning_rate
    if "value" in role.gives:
        name = function.parameters[0].name
        return {name: _converted("z", values["z"], style)}
    given: dict[str, Any] = {}
    for name, required, _ in function.parameters:
        symbol, number = symbol_of(name, role.of_network)
        if not required and "x" in role.has and symbol in COMPUTED:
            continue  # as in activations=[]
        if symbol in ("g", "g_prime") and required:
            given[name] = Activations(names, symbol == "g_prime", style.offset)
        elif symbol in ("parameters", "gradients") and role.of_network:
            letters = ("w", "b") if symbol == "parameters" else ("dw", "db")
            given[name] = {
                _key(letter, i): _converted(letter, array, style)
                for letter in letters
                for i, array in enumerate(values[letter], start=1)
            }
        elif symbol in values:
            value = values[symbol]
            if number is not None:  # a begins with x
                value = value[number - (symbol != "a")]
            given[name] = _converted(symbol, value, style)
        elif required:
            raise NotUnderstoodError(
                f"{function.name} has a parameter {name!r}, which is "
                f"{'no name that is understood' if symbol is None else 'not given to it'}"
            )
    return given


def layers_named(function: Function) -> int:
    """How many layers a function has by the names of its parameters, as W2; 0 if for any number."""
    numbered = [symbol_of(parameter.name, True) for parameter in function.parameters]
    return max((number or 0 for symbol, number in numbered if symbol in ("w", "dw")), default=0)


def _key(letter: str, l: int) -> str:
    """``W1``, ``b1``, ``dW1``, ``db1``."""
    return f"{letter.replace('w', 'W')}{l}"


def _converted(symbol: str, value: Any, style: Style) -> Any:
    if isinstance(value, list):
        parts = [_converted(symbol, part, style) for part in value]
        # a begins with x, which is a^(0), in either style
        return [None] * (style.offset if symbol != "a" else 0) + parts
    if not isinstance(value, np.ndarray):
        return value
    if symbol in ROWS and not style.batch:
        value = value[0]
    if value.ndim == 1 and style.container in ("column", "row"):
        value = value[:, None] if style.container == "column" else value[None]
    elif is_turned(symbol, style):
        value = value.T
    return value.tolist() if style.container in ("list", "each") else np.array(value)


def is_turned(name: str, style: Style) -> bool:
    """Whether a matrix is handed over as its transpose."""
    if name in ("w", "dw"):
        return style.transposed
    return name in ROWS and style.batch and style.container == "column"
