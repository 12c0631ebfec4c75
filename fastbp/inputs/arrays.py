"""Validation of array arguments and their conversion to what the compiled code reads.

The boundary reads float32, float64 and uint8 in native byte order, aligned, in any strides; those
pass without a copy. Other real numbers are converted to the network's number type. Anything else
raises an error.
"""

import sys
from typing import Any

import numpy as np

from fastbp.errors import ShapeError
from fastbp.inputs.array_type import Array
from fastbp.inputs.frames import collect_lazy, frame_array, is_frame
from fastbp.inputs.object_arrays import NotANumberError, numbers_of
from fastbp.inputs.precision import (
    columns_that_collapse,
    loses_differences,
    warn_of_lost_differences,
    warn_of_lost_digits,
)
from fastbp.inputs.sparse_rows import (
    Rows,
    SparseRows,
    csr_arrays,
    is_sparse,
    warn_of_columns_that_collapse,
)

_FLOAT64 = np.dtype("float64")
#: What to do about samples that are not finite.
DROP_ROWS = "Drop such rows, or fill in numbers"
_READ_DIRECTLY = (np.dtype("float32"), _FLOAT64, np.dtype("uint8"))


def as_batch(
    X: Any,
    n_0: int,
    dtype: np.dtype[Any],
    name: str = "X",
    *,
    order: str = "F",
    check_precision: bool = False,
    one_sample: bool = False,
) -> Rows:
    """Return X as a 2-d array of n_0 columns that the boundary can read, or as sparse rows.

    With ``check_precision``, columns whose differences are lost in ``dtype`` are warned of. A frame
    of columns of several types is laid out in the given order. With ``one_sample``, (n_0,) counts
    as one row.
    """
    if type(X) is not np.ndarray and is_sparse(X):
        rows = _sparse_batch(X, n_0, dtype, name, one_sample)
        if check_precision:
            warn_of_columns_that_collapse(rows, dtype, name)
        return rows
    original = as_array(X, name, dtype, order=order, check_precision=check_precision)
    array = _readable(original, dtype, name)
    if one_sample and array.ndim == 1:
        array = array.reshape(1, -1)
    if array.ndim != 2:
        raise ShapeError(
            f"{name} must be a 2-d array (samples, features), got a {array.ndim}-d array of shape "
            f"{array.shape}; {_reshaped(X, array.shape, n_0, name)}"
        )
    _check_width(X, array.shape, n_0, name)
    if (
        check_precision
        and original.ndim == 2
        and original.dtype != dtype
        and loses_differences(original.dtype, dtype)
        and not is_frame(X)
        and (columns := columns_that_collapse(original))
    ):
        warn_of_lost_differences([f"{name}[:, {c}]" for c in columns], name)
    return array


def _check_width(X: Any, shape: tuple[int, ...], n_0: int, name: str) -> None:
    if shape[1] != n_0:
        one_row = shape[1] > 1 and shape[0] * shape[1] == n_0
        raise ShapeError(
            f"{name} must have one column for each input of the network: expected {n_0} "
            f"features, got {shape[1]} (shape {shape})"
            + (
                f"; use {numpy_expression(X, name)}.reshape(1, -1) for one sample"
                if one_row
                else ""
            )
        )


def _sparse_batch(
    X: Any, n_0: int, dtype: np.dtype[Any], name: str, one_sample: bool
) -> SparseRows:
    """Sparse rows of n_0 columns; of float32 and float64 nothing is copied."""
    if len(X.shape) == 1 and one_sample:
        X = X.reshape(1, -1)
    if len(X.shape) != 2:
        raise ShapeError(
            f"{name} must be a 2-d array (samples, features), got a {len(X.shape)}-d array of "
            f"shape {X.shape}; {_reshaped(X, X.shape, n_0, name)}"
        )
    _check_width(X, X.shape, n_0, name)
    if isinstance(X, SparseRows):
        return X
    data, indices, indptr = csr_arrays(X, name, dtype)
    if data.dtype not in _READ_DIRECTLY[:2] or not data.flags.aligned:
        data = _readable(data, dtype, name)
    if data.dtype not in _READ_DIRECTLY[:2]:
        data = data.astype(dtype)
    return SparseRows(data, indices, indptr, (int(X.shape[0]), n_0))


def _reshaped(X: Any, shape: tuple[int, ...], n_0: int, name: str) -> str:
    """Suggest how to make it 2-d, by its shape and the number of inputs."""
    expr = numpy_expression(X, name)
    if len(shape) > 2:
        return f"use {expr}.reshape(len({name.split()[-1]}), -1) to make each sample one row"
    if len(shape) == 1 and shape[0] == n_0 > 1:
        return f"use {expr}.reshape(1, -1) for one sample"
    if len(shape) == 1 and n_0 == 1:
        return f"use {expr}.reshape(-1, 1) for one feature"
    return f"use {expr}.reshape(1, -1) for one sample or {expr}.reshape(-1, 1) for one feature"


def numpy_expression(value: Any, name: str) -> str:
    """An expression for the argument that has a method ``reshape``, as NumPy's arrays have it."""
    variable = name.split()[-1]  # of "validation X"
    if hasattr(value, "to_numpy"):
        return f"{variable}.to_numpy()"
    return variable if hasattr(value, "reshape") else f"np.array({variable})"


def as_real(value: Any, dtype: np.dtype[Any], name: str) -> Array:
    """Return any array-like of real numbers as an array that the boundary can read."""
    return _readable(as_array(value, name, dtype), dtype, name)


def as_array(
    value: Any,
    name: str,
    dtype: np.dtype[Any] = _FLOAT64,
    *,
    order: str = "F",
    check_precision: bool = False,
) -> Array:
    """Return any array-like as a base-class array of any type; raise if it cannot be one.

    The columns of a frame are made one array of ``dtype`` where they are of several types; see
    :func:`fastbp.inputs.frames.frame_array`.
    """
    if type(value) is np.ndarray:
        return value  # fast path: nothing below can apply
    if isinstance(value, (list, tuple)):
        return _from_sequence(value, name)
    value = collect_lazy(value)
    if is_frame(value):
        return frame_array(value, dtype, name, order, check_precision)
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
    if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
        return np.from_dlpack(value)
    array = np.asarray(value)
    if array.dtype.kind == "O" and array.ndim == 0:
        raise TypeError(f"{name} must be an array, got {type(value).__name__}")
    return array


def _from_sequence(value: Any, name: str) -> Array:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "US":
            return array
        # NumPy makes text of numbers that stand beside text: 1 and "a" become "1" and "a".
        objects = np.array(value, dtype=object)
        return array if all(isinstance(x, (str, bytes)) for x in objects.flat) else objects
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
    if kind in "UST":
        raise ValueError(
            f"{name} must hold numbers, got text (dtype {array.dtype}); if it is numbers that were "
            f"read as text, use np.asarray({name.split()[-1]}).astype(float)"
        )
    if array.dtype.names is not None:
        raise TypeError(
            f"{name} must be an array of real numbers, got records (dtype {array.dtype}); use "
            f"numpy.lib.recfunctions.structured_to_unstructured({name.split()[-1]})"
        )
    if kind not in "fiub":
        raise TypeError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
    if kind != "f":
        return array.astype(dtype)  # no integer is too large for float32
    # What overflows is found by the check for finite numbers, and what underflows is zero.
    with np.errstate(over="ignore", under="ignore"):
        converted = array.astype(dtype)
    if array.dtype.itemsize > 8:
        warn_of_lost_digits(array, converted, name)
    return converted


def _from_objects(array: Array, dtype: np.dtype[Any], name: str) -> Array:
    try:
        return numbers_of(array, dtype)
    except NotANumberError as error:
        element = f"{name}{list(error.index)}"
        if isinstance(error.element, (complex, np.complexfloating)):
            raise ValueError(
                f"complex data not supported: {element} is {error.element!r}"
            ) from None
        raise ValueError(f"{name} must hold numbers; {element} is {error}") from None


def check_finite(array: Array, name: str, remedy: str) -> None:
    """Raise ValueError, naming the element, if a value is NaN or infinite."""
    finite = np.isfinite(array)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise nonfinite(name, index, array[index], remedy)


def nonfinite(
    name: str,
    index: tuple[int, ...],
    value: Any,
    remedy: str = DROP_ROWS,
    columns: tuple[str, ...] | None = None,
) -> ValueError:
    """The error for a value that is NaN, infinite, or too large for the network's number type.

    ``columns`` are the names of the columns, where they have any.
    """
    position = f"row {index[0]}, column {index[1]}" if len(index) == 2 else f"index {list(index)}"
    if columns is not None:
        position += f", {columns[index[1]]!r}"
    if np.isfinite(value):
        return ValueError(
            f"{name}[{', '.join(map(str, index))}] ({position}) is {value!s}, too large for the "
            f"network's float32; scale it, or build the network with dtype='float64'"
        )
    return ValueError(
        f"{name} must hold finite numbers; {name}[{', '.join(map(str, index))}] ({position}) is "
        f"{value!s}. {remedy}"
    )


def as_parameter(value: Any, like: Array, name: str) -> Array:
    """Return new values for a parameter array: its shape, its number type, finite, a copy."""
    array = as_real(value, like.dtype, name)
    if array.shape != like.shape:
        raise ShapeError(f"{name} must have shape {like.shape}, got {array.shape}")
    with np.errstate(over="ignore", under="ignore"):
        array = np.array(array, dtype=like.dtype)
    check_finite(array, name, "Compute it anew, or take what was saved earlier")
    return array
