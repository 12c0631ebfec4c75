"""What a learner's function gave: its numbers by quantity and layer, in each way to read them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastbp.inputs import Array
from fastbp.learner_code.calling import ROWS, Style, is_turned
from fastbp.learner_code.examples import Example
from fastbp.learner_code.learner_file import Outcome
from fastbp.learner_code.role_numbers import Arrays, start_values
from fastbp.learner_code.roles import PARAMETERS, Role


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


def read_result(
    role: Role, outcome: Outcome, ex: Example, l: int, style: Style
) -> tuple[list[Arrays], str]:
    """What a call gave, by quantity, in each way it can be read; and why not, if in none."""
    result = outcome.result
    wanted = {
        name: {depth + role.of_network for depth in style.depths(name)} for name in role.gives
    }
    candidates: list[Arrays] = []
    problem = f"it returned {_words(result)}, expected {_expected(role)}"
    for found in _readings(role, result, outcome.arguments, wanted, ex.L):
        try:
            arrays = {name: _arrays(name, value, ex, l, style) for name, value in found.items()}
        except (ValueError, TypeError) as error:
            problem = str(error)
            continue
        candidates.append(_completed(role, arrays, ex, l))
    return candidates, problem


def _expected(role: Role) -> str:
    """What a function must return, in words."""
    words = " and ".join(role.gives)
    if "z" in role.gives and "a" in role.gives:
        words = "a, or z and a"
    if role.of_network:
        words += " of each layer"
    return f"{words}, or to change them in place" if role.in_place else words


def _readings(
    role: Role, result: Any, arguments: dict[str, Any], wanted: dict[str, set[int]], L: int
) -> Iterator[dict[str, Any]]:
    names = list(wanted)
    if "C_0" in wanted:
        yield {"C_0": result}
        return
    if role.in_place and depth(result) == 0 and not isinstance(result, dict):
        dicts = [of for of in arguments.values() if isinstance(of, dict)]
        read = [_from_dict(of) for of in (arguments, *dicts)]
        merged = {name: source[name] for source in read for name in names if name in source}
        if merged:
            yield merged
        return
    for part in [result, *(result if isinstance(result, list) else [])]:
        read_here = {name: value for name, value in _from_dict(part).items() if name in wanted}
        if read_here:
            yield read_here
    if isinstance(result, list) and len(names) == 2:
        parts = [_from_dict(part) or part for part in result if depth(part) or part == {}]
        for first, second in ((names[0], names[1]), (names[1], names[0])):
            if len(parts) == 2 and all(
                depth(part) in wanted[name]
                for part, name in zip(parts, (first, second), strict=True)
            ):
                yield {first: parts[0], second: parts[1]}
        if role.of_network and len(parts) == 2 * L:
            yield from _layer_by_layer(parts, names, wanted)
    for name in names:  # of a pair z and the biases may be left out
        if (len(names) == 1 or name in ("a", "dw", "w")) and depth(result) in wanted[name]:
            yield {name: result}
    if role.of_network and "a" in wanted:  # the output alone, or before all that backward needs
        for output in (result, result[0] if isinstance(result, list) and result else None):
            if depth(output) + 1 in wanted["a"]:
                yield {"a": [output]}


def _layer_by_layer(
    parts: list[Any], names: list[str], wanted: dict[str, set[int]]
) -> Iterator[dict[str, Any]]:
    """Read (dW1, db1, dW2, db2), (dW1, dW2, db1, db2), or either from the last layer down."""
    half = len(parts) // 2
    for first, second in ((parts[::2], parts[1::2]), (parts[:half], parts[half:])):
        for down in (1, -1):
            for pair in (names, names[::-1]):
                read = dict(zip(pair, (first[::down], second[::down]), strict=True))
                if all(depth(read[name]) in wanted[name] for name in names):
                    yield read


def _from_dict(result: Any) -> dict[str, Any]:
    """Read {"w": ...} or {"W1": ..., "W2": ...} by quantity."""
    if not isinstance(result, dict):
        return {}
    read: dict[str, Any] = {}
    for key in sorted(result, key=lambda key: (len(key), key)):
        letters = key.rstrip("0123456789").rstrip("_")
        symbol = PARAMETERS.get(letters)
        if symbol is None or key.lower() == "a0":
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
        return [np.empty(0)] * (ex.L - 1) + [_array(name, layers[0], name, style)]
    if l < 0 and len(layers) != ex.L:
        raise ValueError(f"it gave {name} of {len(layers)} layers, expected {ex.L}")
    words = [name] if l >= 0 else [f"{name}^({i})" for i in range(1, ex.L + 1)]
    return [_array(name, *of, style) for of in zip(layers, words, strict=True)]


def _array(name: str, value: Any, words: str, style: Style) -> Array:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError
    except (ValueError, TypeError):
        raise ValueError(f"it gave {words} as {_words(value)}, not as numbers") from None
    array = array.astype(np.float64)
    if name == "C_0":
        return array.reshape(-1)[:1] if array.size == 1 else array
    if array.ndim == 2 and 1 in array.shape and 1 in style.depths(name):
        array = array.reshape(-1)  # a column or a row
    elif array.ndim == 2 and is_turned(name, style):
        array = array.T
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
    if isinstance(value, dict):
        return f"a dict with {', '.join(value) or 'nothing'}"
    if isinstance(value, str):  # "<Net>" for an object of another class
        return f"an object of class {value[1:-1]}" if value.startswith("<") else repr(value)
    return f"the {type(value).__name__} {value!r}"
