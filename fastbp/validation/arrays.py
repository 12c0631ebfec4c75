"""The one door for arrays: whatever the caller has becomes an array the boundary can read.

The boundary reads float32, float64 and uint8 in native byte order, aligned, in any strides; those
pass without a copy. Other real numbers are converted to the network's number type. What is not
an array of real numbers is refused, with words.
"""

import sys
import warnings
from typing import Any

import numpy as np

from fastbp.errors import ShapeError

Array = np.ndarray[Any, Any]

_READ_DIRECTLY = (np.dtype("float32"), np.dtype("float64"), np.dtype("uint8"))


def as_batch(X: Any, n_0: int, dtype: np.dtype[Any], name: str = "X") -> Array:
    """Return X as a 2-d array of n_0 columns that the boundary can read."""
    array = as_real(X, dtype, name)
    if array.ndim != 2:
        raise ShapeError(
            f"{name} must be a 2-d array (samples, features), got a {array.ndim}-d array of shape "
            f"{array.shape}; use {name}.reshape(1, -1) for one sample or {name}.reshape(-1, 1) "
            f"for one feature"
        )
    if array.shape[1] != n_0:
        raise ShapeError(
            f"{name} must have one column for each input of the network: expected {n_0} "
            f"features, got {array.shape[1]} (shape {array.shape})"
        )
    return array


def as_real(value: Any, dtype: np.dtype[Any], name: str) -> Array:
    """Return any array-like of real numbers as an array that the boundary can read."""
    return _readable(as_array(value, name), dtype, name)


def as_array(value: Any, name: str) -> Array:
    """Return any array-like as a base-class array of whatever type, refusing what cannot be one."""
    if type(value) is np.ndarray:
        return value  # the short way: nothing below can apply
    if value is None:
        raise TypeError(f"{name} must be an array, got None")
    if isinstance(value, np.matrix):
        raise TypeError(f"{name} must be an array, got np.matrix; use np.asarray({name})")
    if isinstance(value, (str, bytes, bytearray)):
        raise TypeError(f"{name} must be an array of numbers, got {type(value).__name__}")
    if hasattr(value, "tocsr"):
        raise TypeError(f"{name} must be a dense array, got a sparse one; use {name}.toarray()")
    if getattr(value, "requires_grad", False):
        raise TypeError(f"{name} is a tensor that requires grad; pass {name}.detach()")
    if "numpy.ma" in sys.modules and isinstance(value, np.ma.MaskedArray):
        masked = int(np.ma.getmaskarray(value).sum())
        if masked:
            raise ValueError(
                f"{name} has {masked} masked entries; fill or drop masked values first, for "
                f"example with {name}.filled(0)"
            )
    if isinstance(value, (list, tuple)):
        return _from_sequence(value, name)
    if hasattr(value, "columns") and hasattr(value, "dtypes"):
        return _from_frame(value, name)
    if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
        return np.from_dlpack(value)
    array = np.asarray(value)
    if array.dtype.kind == "O" and array.ndim == 0:
        raise TypeError(f"{name} must be an array, got {type(value).__name__}")
    return array


def _from_sequence(value: Any, name: str) -> Array:
    try:
        return np.asarray(value)
    except ValueError:
        lengths = [len(row) if hasattr(row, "__len__") else None for row in value]
        for i, length in enumerate(lengths):
            if length != lengths[0]:
                raise ShapeError(
                    f"{name} must have rows of one length: row 0 has {_entries(lengths[0])}, row "
                    f"{i} has {_entries(length)}"
                ) from None
        for i, row in enumerate(value):
            try:
                np.asarray(row)
            except ValueError as error:
                raise ShapeError(f"{name} must hold rows of numbers; row {i}: {error}") from None
        raise


def _entries(length: int | None) -> str:
    return "no length (it is a number)" if length is None else f"{length} entries"


def _from_frame(frame: Any, name: str) -> Array:
    """A data frame's numbers; columns that hold anything else are named."""
    array = np.asarray(frame)
    if array.dtype.kind != "O":
        return array
    columns = [str(column) for column in frame.columns]
    result = np.empty(array.shape)
    wrong = []
    for c, column in enumerate(columns):
        try:
            result[:, c] = [_to_float(entry) for entry in array[:, c].tolist()]
        except (TypeError, ValueError):
            wrong.append(column)
    if wrong:
        raise ValueError(
            f"{name} must hold numbers only; these columns of the data frame do not: "
            f"{', '.join(map(repr, wrong))}. Drop or encode them first"
        )
    return result


def _to_float(entry: Any) -> float:
    """A number as a float; a missing value as NaN; text is refused, even "1.5"."""
    if entry is None or type(entry).__name__ == "NAType":
        return float("nan")
    if isinstance(entry, (str, bytes)):
        raise TypeError("text")
    return float(entry)


def _readable(array: Array, dtype: np.dtype[Any], name: str) -> Array:
    if array.dtype in _READ_DIRECTLY:
        # Native byte order is part of being in there; a copy is aligned.
        return array if array.flags.aligned else array.copy()
    kind = array.dtype.kind
    if kind == "c":
        raise ValueError(
            f"complex data not supported: {name} has dtype {array.dtype}; pass {name}.real if the "
            f"imaginary part is meant to be dropped"
        )
    if kind == "O":
        return _from_objects(array, dtype, name)
    if kind in "US":
        raise ValueError(f"{name} must hold numbers, got text (dtype {array.dtype})")
    if kind not in "fiub":
        raise TypeError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    # What overflows is found by the check for finite numbers, and what underflows is zero.
    with np.errstate(over="ignore", under="ignore"):
        converted = array.astype(dtype)
    if array.dtype.itemsize > 8 and (converted != array).any():
        warnings.warn(
            f"{name} has dtype {array.dtype}; converting it to {dtype} loses precision",
            UserWarning,
            stacklevel=4,
        )
    return converted


def _from_objects(array: Array, dtype: np.dtype[Any], name: str) -> Array:
    result = np.empty(array.shape, dtype)
    for index in np.ndindex(array.shape):
        entry = array[index]
        if isinstance(entry, (complex, np.complexfloating)):
            raise ValueError(f"complex data not supported: {name}{list(index)} is {entry!r}")
        try:
            result[index] = _to_float(entry)
        except (TypeError, ValueError):
            raise ValueError(
                f"{name} must hold numbers; {name}{list(index)} is {entry!r} "
                f"({type(entry).__name__})"
            ) from None
    return result


def check_finite(array: Array, name: str) -> None:
    """Raise ValueError, naming the place, if a value is NaN or infinite."""
    finite = np.isfinite(array)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise nonfinite(name, index, array[index])


def nonfinite(name: str, index: tuple[int, ...], value: Any) -> ValueError:
    """The error for a value that is NaN, infinite, or too large for the network's number type."""
    place = f"row {index[0]}, column {index[1]}" if len(index) == 2 else f"index {list(index)}"
    if np.isfinite(value):
        return ValueError(
            f"{name}[{', '.join(map(str, index))}] ({place}) is {value!s}, too large for the "
            f"network's float32; scale it, or build the network with dtype='float64'"
        )
    return ValueError(
        f"{name} must hold finite numbers; {name}[{', '.join(map(str, index))}] ({place}) is "
        f"{value!s}. Drop or fill such rows, or pass check_input=False where that is offered"
    )


def as_parameter(value: Any, like: Array, name: str) -> Array:
    """Return new values for a parameter array: its shape, its number type, finite, a copy."""
    array = as_real(value, like.dtype, name)
    if array.shape != like.shape:
        raise ShapeError(f"{name} must have shape {like.shape}, got {array.shape}")
    with np.errstate(over="ignore", under="ignore"):
        array = np.array(array, dtype=like.dtype)
    check_finite(array, name)
    return array
