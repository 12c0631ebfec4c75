"""Conversion of NumPy's bit generator states to JSON and back.

Only generators of the table can be stored. Reading checks every number against its range, because
NumPy does not: a position past the end of a key would make it read memory that is not its own.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np


class _Integer(NamedTuple):
    largest: int


class _Words(NamedTuple):
    """An array of `length` unsigned integers of `bits` bits."""

    bits: int
    length: int


_SPARE = {"has_uint32": _Integer(1), "uinteger": _Integer(2**32 - 1)}
_PCG64 = {"state": {"state": _Integer(2**128 - 1), "inc": _Integer(2**128 - 1)}, **_SPARE}

# Name of the generator -> the shape of its state dictionary.
_GENERATORS: dict[str, dict[str, Any]] = {
    "PCG64": _PCG64,
    "PCG64DXSM": _PCG64,
    "MT19937": {"state": {"key": _Words(32, 624), "pos": _Integer(624)}},
    "Philox": {
        "state": {"counter": _Words(64, 4), "key": _Words(64, 2)},
        "buffer": _Words(64, 4),
        "buffer_pos": _Integer(4),
        **_SPARE,
    },
    "SFC64": {"state": {"state": _Words(64, 4)}, **_SPARE},
}


def to_json(state: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a bit generator's ``state`` into what JSON can hold.

    Parameters
    ----------
    state : mapping
        As NumPy gives it, with "bit_generator" naming the generator.

    Returns
    -------
    dict
        The same keys; arrays become lists of integers.

    Raises
    ------
    ValueError
        If the generator is not one of NumPy's own.

    Examples
    --------
    >>> import numpy as np
    >>> state = np.random.default_rng(7).bit_generator.state
    >>> from_json(to_json(state)) == state
    True
    """
    return _convert(state, _to_plain)


def from_json(state: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the result of `to_json` back into a state, checking every part of it.

    Parameters
    ----------
    state : mapping
        Parsed JSON, which may hold anything.

    Returns
    -------
    dict
        Fit for a bit generator's ``state``.

    Raises
    ------
    ValueError
        If the generator is unknown, or a part is missing, unknown, or out of its range.
    """
    return _convert(state, _to_numpy)


def generator(state: Mapping[str, Any]) -> "np.random.Generator":
    """Make a generator that goes on from a state, after checking every part of it."""
    checked = from_json(to_json(state))
    kinds = {name: getattr(np.random, name) for name in _GENERATORS}
    bit_generator = kinds[checked["bit_generator"]]()
    bit_generator.state = checked
    return np.random.Generator(bit_generator)


def _convert(state: Mapping[str, Any], leaf: Any) -> dict[str, Any]:
    name = state.get("bit_generator")
    if not isinstance(name, str) or name not in _GENERATORS:
        raise ValueError(
            f"random: the state of a {name!r:.80} cannot be kept in a file; "
            f"use one of {', '.join(_GENERATORS)}"
        )
    parts = {key: value for key, value in state.items() if key != "bit_generator"}
    return {"bit_generator": name, **_walk(parts, _GENERATORS[name], name, leaf)}


def _walk(value: Any, pattern: Any, path: str, leaf: Any) -> Any:
    if not isinstance(pattern, dict):
        return leaf(value, pattern, path)
    if not isinstance(value, Mapping) or value.keys() != pattern.keys():
        raise ValueError(f"random: {path} must have exactly the keys {', '.join(pattern)}")
    return {key: _walk(value[key], pattern[key], f"{path}.{key}", leaf) for key in pattern}


def _to_plain(value: Any, pattern: _Integer | _Words, path: str) -> Any:
    return int(value) if isinstance(pattern, _Integer) else np.asarray(value).tolist()


def _to_numpy(value: Any, pattern: _Integer | _Words, path: str) -> Any:
    if isinstance(pattern, _Integer):
        return _checked(value, pattern.largest, path)
    if not isinstance(value, list) or len(value) != pattern.length:
        raise ValueError(f"random: {path} must be a list of {pattern.length} integers")
    largest = 2**pattern.bits - 1
    integers = [_checked(integer, largest, f"{path}[{i}]") for i, integer in enumerate(value)]
    return np.array(integers, dtype=f"uint{pattern.bits}")


def _checked(value: Any, largest: int, path: str) -> int:
    if type(value) is not int or not 0 <= value <= largest:
        raise ValueError(f"random: {path} must be an integer in 0..{largest}, got {value!r:.80}")
    return value
