"""How a learner's function is called: which arguments, in which containers, and reading results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.bench.error_model import FORMULAS
from fastbp.inputs import Array
from fastbp.learner_code.examples import Example
from fastbp.learner_code.learner_file import Function, Outcome
from fastbp.learner_code.role_numbers import Arrays, start_values
from fastbp.learner_code.roles import BATCHES, PARAMETERS, Role

ROWS = {"x", "y", "z", "a", "delta"}  # a row for each sample
DEPTH = {"z": 1, "a": 1, "delta": 1, "w": 2, "dw": 2, "b": 1, "db": 1, "C_0": 0, "value": 1}


class NotUnderstoodError(ValueError):
    """Raised for a function whose parameters cannot be given."""


@dataclass(frozen=True)
class Style:
    """A way to hand numbers over.

    Parameters
    ----------
    container : {"list", "array", "column", "each"}
        Lists; arrays; arrays with vectors as (n, 1); or one number a call.
    offset : int
        1 puts None before the first layer, so that w[1] is w^(1); else w[0] is.
    batch : bool
        Whether the parameters in capitals take a mini-batch, a row a sample; else one sample.
    """

    container: str
    offset: int = 0
    batch: bool = False


def styles(role: Role, function: Function, uses_numpy: bool) -> Iterator[Style]:
    """The styles to try, the likeliest first."""
    names = {parameter.name for parameter in function.parameters}
    batches = (True, False) if names & BATCHES else (False,)
    containers = ["array", "list", "column"] if uses_numpy else ["list", "array", "column"]
    if "value" in role.gives:
        batches, containers = (False,), [*containers[:2], "each"]
    for batch in batches:
        for container in containers:
            for offset in (0, 1) if role.of_network else (0,):
                if not (batch and container == "column"):
                    yield Style(container, offset, batch)


class Activations:
    """g or g' as an argument: called with a number, a list or an array; ``g[l]`` is of layer l."""

    def __init__(self, names: Sequence[str], derivative: bool, offset: int) -> None:
        self._names, self._derivative, self._offset = names, derivative, offset

    def __call__(self, z: Any) -> Any:
        """Compute g(z) or g'(z), of the hidden layers unless one was chosen by ``g[l]``."""
        rows = np.atleast_2d(np.asarray(z, np.float64))
        g, slope_of = FORMULAS[self._names[0]]
        values = slope_of(rows, g(rows))[0] if self._derivative else g(rows)
        values = np.asarray(values).reshape(np.shape(z))
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
        symbol = PARAMETERS.get(name)
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
            given[name] = _converted(symbol, values[symbol], style)
        elif required:
            raise NotUnderstoodError(
                f"{function.name} has a parameter {name!r}, which is "
                f"{'no name that is understood' if symbol is None else 'not given to it'}"
            )
    return given


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
    if style.container == "column" and value.ndim == 1:
        value = value[:, None]
    return np.array(value) if style.container in ("array", "column") else value.tolist()


# ---------------------------------------------------------------- results


def depth(value: Any) -> int:
    """How deep lists and arrays are nested: 0 for a number.

    >>> depth([[1.0, 2.0], [3.0]]), depth([None, np.zeros((2, 3))]), depth(1)
    (2, 3, 0)
    """
    if isinstance(value, np.ndarray):
        return value.ndim
    if isinstance(value, list):
        return 1 + max((depth(part) for part in value if part is not None), default=0)
    return 0


def _squeezed(value: Any) -> Any:
    """Columns (n, 1) as vectors."""
    if isinstance(value, list):
        return [_squeezed(part) for part in value]
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == 1:
        return value[:, 0]
    return value


def read_result(
    role: Role, outcome: Outcome, ex: Example, l: int, style: Style
) -> tuple[list[Arrays], str]:
    """What a call gave, by quantity, in each way it can be read; and why not, if in none."""
    result = outcome.result
    if style.container == "column":
        result = _squeezed(result)
    wanted = {
        name: DEPTH[name] + role.of_network + (style.batch and name in ROWS) for name in role.gives
    }
    given = {
        PARAMETERS.get(name, name): _squeezed(value) if style.container == "column" else value
        for name, value in outcome.arguments.items()
    }
    candidates: list[Arrays] = []
    problem = f"it returned {_words(result)}"
    for found in _readings(role, result, given, wanted):
        try:
            arrays = {name: _arrays(name, value, ex, l, style) for name, value in found.items()}
        except (ValueError, TypeError) as error:
            problem = str(error)
            continue
        candidates.append(_completed(role, arrays, ex, l))
    return candidates, problem


def _readings(
    role: Role, result: Any, given: dict[str, Any], wanted: dict[str, int]
) -> Iterator[dict[str, Any]]:
    names = list(wanted)
    if "C_0" in wanted:
        yield {"C_0": result}
        return
    if role.in_place and depth(result) == 0 and not isinstance(result, dict):
        sources = [given, *(_from_dict(given.get(of)) for of in ("parameters", "gradients"))]
        merged = {name: source[name] for source in sources for name in names if name in source}
        if merged:
            yield merged
        return
    if isinstance(result, dict):
        read = {name: value for name, value in _from_dict(result).items() if name in wanted}
        if read:
            yield read
        return
    if isinstance(result, list) and len(names) == 2:
        parts = [_from_dict(part) or part for part in result if depth(part) or part == {}]
        for first, second in ((names[0], names[1]), (names[1], names[0])):
            if [depth(part) for part in parts] == [wanted[first], wanted[second]]:
                yield {first: parts[0], second: parts[1]}
    for name in names:  # of a pair z and the biases may be left out
        if (len(names) == 1 or name in ("a", "dw", "w")) and depth(result) == wanted[name]:
            yield {name: result}
    if role.of_network and "a" in wanted and depth(result) == wanted["a"] - 1:
        yield {"a": [result]}


def _from_dict(result: Any) -> dict[str, Any]:
    """Read {"w": ...} or {"W1": ..., "W2": ...} by quantity."""
    if not isinstance(result, dict):
        return {}
    read: dict[str, Any] = {}
    for key in sorted(result, key=lambda key: (len(key), key)):
        letters = key.rstrip("0123456789").rstrip("_")
        symbol = PARAMETERS.get(letters)
        if symbol is None or key == "a0":
            continue
        if key == letters:
            read[symbol] = result[key]
        else:
            read.setdefault(symbol, []).append(result[key])
    return read


def _arrays(name: str, value: Any, ex: Example, l: int, style: Style) -> list[Array]:
    """An array for each layer; rows for samples."""
    layers = [value] if l >= 0 else list(value)
    if l < 0 and len(layers) == ex.L + 1:
        layers = layers[1:]
    if l < 0 and name == "a" and len(layers) == 1 < ex.L:  # the output alone
        return [np.empty(0)] * (ex.L - 1) + [_array(name, layers[0], style)]
    if l < 0 and len(layers) != ex.L:
        raise ValueError(f"it gave {name} of {len(layers)} layers, expected {ex.L}")
    return [_array(name, layer, style) for layer in layers]


def _array(name: str, value: Any, style: Style) -> Array:
    try:
        if value is None:
            raise TypeError
        array = np.asarray(value, np.float64)
    except (ValueError, TypeError):
        raise ValueError(f"it gave {name} as {_words(value)}, not as numbers") from None
    if name == "C_0":
        return array.reshape(-1)[:1] if array.size == 1 else array
    if name in ROWS | {"value"} and not style.batch:
        return array[None]
    return array


def _completed(role: Role, arrays: Arrays, ex: Example, l: int) -> Arrays:
    """Fill in gradients or biases that were not given, as unchanged; z may be left out."""
    s = slice(None) if l < 0 else slice(l, l + 1)
    for name in role.gives:
        if name in arrays or name == "z" or (name == "a" and len(role.gives) == 2):
            continue
        if name in ("db", "dw"):
            starts = dict(zip(("dw", "db"), start_values(ex, l), strict=True))
            zero = 1.0 if "dw" in role.in_place else 0.0
            arrays[name] = [zero * start for start in starts[name]]
        elif name in ("w", "b"):
            arrays[name] = ex.numbers[name][s]
    return {name: arrays[name] for name in role.gives if name in arrays}


def _words(value: Any) -> str:
    """What a value is, for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, list):
        return f"a list or tuple of {len(value)}"
    return str(value) if isinstance(value, str) else type(value).__name__
