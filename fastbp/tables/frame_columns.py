"""Columns of pandas, polars and pyarrow as NumPy arrays, slice by slice; none is imported."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.inputs.frames import column_labels
from fastbp.tables.limits import LARGEST_WHOLE

#: Gives the cells from one row to another.
Getter = Callable[[int, int], NDArray[Any]]


def frame_columns(frame: Any) -> tuple[list[Any], list[Getter], dict[int, tuple[str, ...] | None]]:
    """Take a frame apart.

    Returns
    -------
    labels : list
        As the frame has them.
    getters : list of callable
        ``getter(start, stop)`` gives the cells of these rows.
    declared : dict of int to tuple of str, or None
        The columns that the frame says to be categories, and their order where they have one.
    """
    labels = column_labels(frame)
    getter: Callable[[Any], Getter]
    if hasattr(frame, "get_columns"):
        columns, getter = list(frame.get_columns()), _polars
    elif hasattr(type(frame), "items"):
        if (matrix := _one_type(frame)) is not None:
            return labels, [array_getter(matrix[:, i]) for i in range(matrix.shape[1])], {}
        columns, getter = [column for _, column in frame.items()], _pandas
    else:
        columns, getter = list(frame.columns), _arrow
    declared = {
        i: order for i, column in enumerate(columns) if (order := declared_order(column)) != ()
    }
    return labels, [getter(column) for column in columns], declared


def array_getter(array: NDArray[Any]) -> Getter:
    """Give the cells of an array's rows."""
    return lambda start, stop: array[start:stop]


def series_getter(series: Any) -> Getter | None:
    """Give the cells of a single column of one of these libraries; None for anything else."""
    module = type(series).__module__.partition(".")[0]
    makers = {"pandas": _pandas, "polars": _polars, "pyarrow": _arrow}
    if module not in makers or not hasattr(series, "__len__"):
        return None
    if module == "pandas" and not hasattr(series, "iloc"):
        series = series.to_series()
    return makers[module](series)


def _one_type(frame: Any) -> NDArray[Any] | None:
    """A pandas frame's numbers where they lie in one array."""
    kinds = set(frame.dtypes.tolist())
    kind = next(iter(kinds), None)
    if len(kinds) == 1 and isinstance(kind, np.dtype) and kind.kind in "fiu":
        matrix: NDArray[Any] = frame.to_numpy()
        return matrix
    return None


def declared_order(column: Any) -> tuple[str, ...] | None:
    """The order of a column's categories; None if they have none, () if it holds none."""
    dtype = getattr(column, "dtype", getattr(column, "type", None))
    if dtype is None or isinstance(dtype, np.dtype):
        return ()
    name = str(dtype).lower()
    if not name.startswith(("category", "categorical", "enum", "dictionary")):
        return ()
    categories = getattr(dtype, "categories", None)
    if getattr(dtype, "ordered", False) and categories is not None:
        return tuple(map(str, categories))
    return None


def _pandas(series: Any) -> Getter:
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        return array_getter(series.to_numpy())
    name, kind = str(dtype), getattr(dtype, "kind", "O")
    if name == "category":
        categories = np.array([*map(str, dtype.categories), None], object)
        codes = series.cat.codes.to_numpy()
        return lambda start, stop: categories[codes[start:stop]]
    if kind == "M":
        naive = series.dt.tz_localize(None) if getattr(series.dt, "tz", None) else series
        return lambda start, stop: naive.iloc[start:stop].to_numpy(dtype="datetime64[us]")
    if kind == "f" or (kind in "iu" and not _has_large(series)):
        return lambda start, stop: series.iloc[start:stop].to_numpy(np.float64, na_value=np.nan)
    if name.startswith("period"):
        return lambda start, stop: series.iloc[start:stop].dt.to_timestamp().to_numpy()
    return lambda start, stop: np.asarray(series.iloc[start:stop].astype(object), object)


def _has_large(series: Any) -> bool:
    return bool(len(series)) and bool(
        (series > LARGEST_WHOLE).any() or (series < -LARGEST_WHOLE).any()
    )


def _polars(series: Any) -> Getter:
    polars = importlib.import_module("polars")
    name = str(series.dtype).partition("(")[0]
    if name in ("Categorical", "Enum"):
        return lambda start, stop: series[start:stop].cast(polars.String).to_numpy()
    if name == "Datetime" and series.dtype.time_zone:
        series = series.dt.replace_time_zone(None)
    if name == "Decimal":
        series = series.cast(polars.Float64)
    if name in ("Int64", "UInt64", "Int128", "UInt128") and _has_large(series):
        series = series.cast(polars.String)
    elif name in ("Int128", "UInt128"):
        series = series.cast(polars.Float64)
    if name in ("List", "Array", "Struct"):
        return lambda start, stop: _array_of(series[start:stop].to_list())
    return lambda start, stop: series[start:stop].to_numpy()


def _arrow(column: Any) -> Getter:
    kind = str(column.type)
    if kind.startswith("dictionary"):
        column = column.cast(column.type.value_type)
    compute = importlib.import_module("pyarrow.compute")
    if kind.startswith("timestamp") and column.type.tz:
        column = compute.local_timestamp(column)
    if kind in ("int64", "uint64") and len(column):
        ends = compute.min_max(column).as_py()
        if any(end is not None and abs(end) > LARGEST_WHOLE for end in ends.values()):
            column = column.cast("string")
    if kind.startswith(("list", "large_list", "fixed_size_list", "struct", "map", "decimal")):
        return lambda start, stop: _array_of(column.slice(start, stop - start).to_pylist())
    return lambda start, stop: _arrow_slice(column.slice(start, stop - start))


def _arrow_slice(column: Any) -> NDArray[Any]:
    if hasattr(column, "combine_chunks"):
        return np.asarray(column.to_numpy())
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _array_of(values: list[Any]) -> NDArray[Any]:
    return np.fromiter(values, object, len(values))
