"""Lists of preprocessing as tensors of a model file, where its header would be too long for them.

A list of `preprocessing` that JSON would spell value by value - the names of a million columns,
their means - becomes a tensor ``preprocessing.<key>`` of its own number type:

====  ==========================================================
F64   a list of floats
I64   a list of integers
U8    a list of strings, in UTF-8, a zero byte after each of them
====  ==========================================================

The JSON text keeps the other keys.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.model_file.safetensors_file import DTYPES, Entry
from fastbp.model_file.strict_json import MOST_VALUES

PREFIX = "preprocessing."
# Shorter ones are left to the JSON text: they never fill a header.
_SHORTEST = 1024
_DTYPES = {name: DTYPES[name] for name in ("F64", "I64", "U8")}


def take_long_lists(
    preprocessing: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Split preprocessing into what stays JSON, and tensors by their names in a file.

    Examples
    --------
    >>> rest, tensors = take_long_lists({"task": "regress", "means": [0.5] * 2000})
    >>> rest, {name: tensor.dtype.name for name, tensor in tensors.items()}
    ({'task': 'regress'}, {'preprocessing.means': 'float64'})
    """
    tensors = {
        PREFIX + key: tensor
        for key, value in preprocessing.items()
        if isinstance(value, list) and _SHORTEST <= len(value) <= MOST_VALUES
        if (tensor := _tensor(value)) is not None
    }
    rest = {key: value for key, value in preprocessing.items() if PREFIX + key not in tensors}
    return rest, tensors


def _tensor(values: list[Any]) -> NDArray[Any] | None:
    """The tensor of a list, or None if it is not of one type, or holds what has no tensor."""
    types = {*map(type, values)}
    try:
        if types == {float} and np.isfinite(numbers := np.array(values, _DTYPES["F64"])).all():
            return numbers
        if types == {int}:
            return np.array(values, _DTYPES["I64"])
        if types == {str} and not any("\0" in text for text in values):
            return np.frombuffer("".join(f"{text}\0" for text in values).encode(), _DTYPES["U8"])
    except (OverflowError, UnicodeEncodeError):  # above 64 bits; a lone surrogate
        pass
    return None


def check_long_lists(entries: Mapping[str, Entry], rest: Mapping[str, Any] | None) -> None:
    """Refuse tensors that are no lists, or of keys that the JSON text has, or without any."""
    for name, entry in entries.items():
        if rest is None:
            raise FileFormatError(
                f"tensor {name!r:.80} belongs to a preprocessing, and the file has none"
            )
        if entry.dtype not in _DTYPES.values() or len(entry.shape) != 1:
            raise FileFormatError(
                f"tensor {name!r:.80} must have one axis and be {', '.join(_DTYPES)}, got "
                f"{entry.dtype.name} with shape {entry.shape}"
            )
        if entry.dtype != _DTYPES["U8"] and entry.shape[0] > MOST_VALUES:
            raise FileFormatError(f"tensor {name!r:.80} holds more than {MOST_VALUES} values")
        if name.removeprefix(PREFIX) in rest:
            raise FileFormatError(f"the preprocessing has {name.removeprefix(PREFIX)!r:.80} twice")


def list_of(name: str, tensor: NDArray[Any]) -> list[Any]:
    """The list that a tensor was made of."""
    if not np.isfinite(tensor).all():
        raise FileFormatError(f"tensor {name!r:.80} has NaN or infinities, and must have none")
    if tensor.dtype != _DTYPES["U8"]:
        values: list[Any] = tensor.tolist()
        return values
    if np.count_nonzero(tensor == 0) > MOST_VALUES:
        raise FileFormatError(f"tensor {name!r:.80} holds more than {MOST_VALUES} values")
    try:
        text = tensor.tobytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"tensor {name!r:.80} is not UTF-8: {error}") from None
    if text and not text.endswith("\0"):
        raise FileFormatError(f"tensor {name!r:.80} must end with a zero byte")
    return text.split("\0")[:-1]
