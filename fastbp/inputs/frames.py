"""Conversion of data frames to arrays: pandas, polars and pyarrow.

None of the libraries is imported: pandas and polars frames and pyarrow tables are recognised by
what their classes offer. A missing value (None, NaN, pandas.NA, a null) becomes NaN.
"""

from typing import Any

import numpy as np

from fastbp.inputs.array_type import Array
from fastbp.inputs.object_arrays import NotANumberError, numbers_of
from fastbp.inputs.precision import (
    ENDS,
    columns_that_collapse,
    convert_or_float64,
    is_small,
    loses_differences,
    warn_of_lost_differences,
)
from fastbp.text.formatting import join_some

#: Prefix of a column's type name, in any of the libraries -> the non-numeric content. The first
#: match counts.
_NO_NUMBERS = {
    "category": "categories",
    "categorical": "categories",
    "enum": "categories",
    "dictionary": "categories",
    "struct": "records",
    "str": "text",
    "large_string": "text",
    "date": "times",
    "timestamp": "times",
    "timedelta": "durations",
    "duration": "durations",
    "time": "times of day",
    "period": "periods",
    "interval": "intervals",
    "complex": "complex numbers",
}
_IN_SECONDS = {
    "times": "({0} - {0}.min()).dt.total_seconds()",
    "durations": "{0}.dt.total_seconds()",
}
#: The contents that are class names where they are the only column of y.
_NAMES = ("text", "categories")
#: The kinds of NumPy's and pandas's types that are numbers.
_NUMBERS = ("f", "i", "u", "b")
#: Numbers that are converted and then laid out row by row together: 1 MB in float32.
_IN_CACHE = 2**18
#: So many columns are listed in a message.
MOST_LISTED = 10


def collect_lazy(value: Any) -> Any:
    """A lazy frame's data frame; anything else as it is."""
    kind = type(value)
    if hasattr(kind, "collect") and hasattr(kind, "collect_schema"):
        return value.collect()
    return value


def is_frame(value: Any) -> bool:
    """Whether a value is a data frame, lazy or not, or a table."""
    # Looked up on the class, since a frame has its columns as attributes.
    kind = type(value)
    return hasattr(kind, "columns") and (hasattr(kind, "dtypes") or hasattr(kind, "column_names"))


def column_labels(frame: Any) -> list[Any]:
    """The labels of a frame's columns: text, or whatever else pandas was given."""
    kind = type(frame)
    if hasattr(kind, "collect_schema"):  # polars, which warns where a lazy frame's columns are read
        return list(frame.collect_schema().names())
    return list(frame.columns if hasattr(kind, "dtypes") else frame.column_names)


def names_column(value: Any) -> Any:
    """The only column of a frame, where it holds class names; any other value itself."""
    if is_frame(value) and len(column_labels(value)) == 1:
        column = _columns(value)[0]
        if _type_name(column).lower() == "object" or _holds(column) in _NAMES:
            return column
    return value


def frame_array(
    frame: Any, dtype: np.dtype[Any], name: str, order: str, check_precision: bool
) -> Array:
    """A frame's numbers: pandas's own array where it has one, else a new one of ``dtype``.

    Order "F" is the fast one to make, "C" the fast one to train on. With ``check_precision``, a
    warning names the columns whose different values become equal in ``dtype``.

    Raises
    ------
    ValueError
        If columns hold anything but numbers: they are named, with what to do about them.
    """
    kinds = _pandas_types(frame)
    if any(getattr(kind, "kind", None) not in _NUMBERS for kind in kinds):
        return _from_columns(frame, dtype, name, order, check_precision)
    if len(kinds) == 1 and isinstance(column_dtype := next(iter(kinds)), np.dtype):
        array = np.asarray(frame)
        if check_precision and loses_differences(column_dtype, dtype):
            _warn(frame, columns_that_collapse(array), name)
        return array
    array = convert_or_float64(lambda into: _from_pandas(frame, into, order), dtype)
    if check_precision and any(loses_differences(_numpy_type(kind), dtype) for kind in kinds):
        _warn(frame, _collapsing_in_pandas(frame, dtype), name)
    return array


def _pandas_types(frame: Any) -> set[Any]:
    """The types of a pandas frame's columns; {None} for other frames, or without columns."""
    is_pandas = any(base.__module__.startswith("pandas.") for base in type(frame).__mro__)
    return set(frame.dtypes.tolist()) if is_pandas and frame.shape[1] else {None}


def _numpy_type(kind: Any) -> np.dtype[Any]:
    """The NumPy type to read a column in: pandas's own types may hold NA beside integers."""
    return kind if isinstance(kind, np.dtype) else np.dtype("float64")


def _from_pandas(frame: Any, dtype: np.dtype[Any], order: str) -> Array:
    """All numbers, by what pandas stores: many columns in one go, and none as Python objects."""
    if order == "F":
        return np.asarray(frame.to_numpy(dtype=dtype, na_value=np.nan))
    result = np.empty(frame.shape, dtype)
    rows = max(1, _IN_CACHE // frame.shape[1])
    for start in range(0, len(frame), rows):
        part = slice(start, start + rows)
        result[part] = frame.iloc[part].to_numpy(dtype=dtype, na_value=np.nan)
    return result


def _collapsing_in_pandas(frame: Any, dtype: np.dtype[Any]) -> list[int]:
    if len(frame) < 3:
        return []
    ends = [frame.iloc[rows].to_numpy(dtype=np.float64, na_value=np.nan) for rows in ENDS]
    large = ~is_small(np.concatenate(ends)).all(axis=0)
    return [
        int(c)
        for c in np.flatnonzero(large)
        if loses_differences(_numpy_type(frame.dtypes.iloc[c]), dtype)
        and columns_that_collapse(_numbers(frame.iloc[:, c]).reshape(-1, 1))
    ]


def _from_columns(
    frame: Any, dtype: np.dtype[Any], name: str, order: str, check_precision: bool
) -> Array:
    """The numbers of any frame, column by column."""
    columns = _columns(frame)
    rejected: dict[int, tuple[str | None, str]] = {}  # column -> its content, and a description
    collapsing: set[int] = set()

    def convert(into: np.dtype[Any]) -> Array:
        result = np.empty((len(frame), len(columns)), into, order="C" if order == "C" else "F")
        for c, column in enumerate(columns):
            try:
                numbers = _numbers(column)
            except NotANumberError as error:
                holds = "text" if isinstance(error.element, str) else None
                rejected[c] = holds, f"{_type_name(column)}; row {error.index[0]} is {error}"
            except TypeError:
                rejected[c] = _holds(column), _type_name(column)
            else:
                result[:, c] = numbers
                if check_precision and loses_differences(numbers.dtype, dtype):
                    collapsing.update(c for _ in columns_that_collapse(numbers.reshape(-1, 1)))
        return result

    array = convert_or_float64(convert, dtype)
    if rejected:
        raise ValueError(_refusal(frame, rejected, name))
    _warn(frame, sorted(collapsing), name)
    return array


def _columns(frame: Any) -> list[Any]:
    if hasattr(frame, "get_columns"):  # polars
        return list(frame.get_columns())
    if hasattr(type(frame), "items"):  # pandas
        return [column for _, column in frame.items()]
    return list(frame.columns)


def _type_name(column: Any) -> str:
    """The name that the column's library has for its type, shortened."""
    name = str(column.dtype if hasattr(column, "dtype") else column.type)
    return name if len(name) <= 40 else f"{name[:37]}..."


def _holds(column: Any) -> str | None:
    name = _type_name(column).lower()
    return next((content for start, content in _NO_NUMBERS.items() if name.startswith(start)), None)


def _numbers(column: Any) -> Array:
    """A column's numbers in a type of their own; TypeError if it is of another kind."""
    if _holds(column) is not None:
        raise TypeError
    dtype = getattr(column, "dtype", None)
    if not isinstance(dtype, np.dtype) and getattr(dtype, "kind", None) in _NUMBERS:
        # pandas's nullable, Arrow-backed and sparse columns
        array: Array = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        try:
            array = np.asarray(column)
        except Exception as error:  # the libraries have their own: polars for 128-bit integers
            raise TypeError from error
    if array.dtype.kind == "O":
        return numbers_of(array, np.dtype("float64"))
    if array.dtype.kind not in "fiub":
        raise TypeError
    return array


def _refusal(frame: Any, rejected: dict[int, tuple[str | None, str]], name: str) -> str:
    labels = column_labels(frame)
    columns = join_some(
        (f"{labels[c]!r} ({reason})" for c, (_, reason) in rejected.items()), MOST_LISTED
    )
    variable = name.split()[-1]  # of "validation X"
    by_content: dict[str | None, list[Any]] = {}
    for c, (content, _) in rejected.items():
        by_content.setdefault("text" if content in _NAMES else content, []).append(labels[c])
    advice = []
    if "text" in by_content:
        label_list = f"[{join_some(map(repr, by_content['text']), MOST_LISTED)}]"
        if hasattr(frame, "to_dummies"):
            encoded = f"{variable}.to_dummies({label_list})"
        elif hasattr(type(frame), "dtypes"):
            encoded = f"pandas.get_dummies({variable}, columns={label_list})"
        else:
            encoded = f"pandas.get_dummies({variable}.to_pandas(), columns={label_list})"
        advice.append(f"encode text and categories, for example with {encoded}")
    for content, template in _IN_SECONDS.items():
        if content in by_content:
            column = f"{variable}[{by_content[content][0]!r}]"
            advice.append(f"make {content} numbers, for example {template.format(column)}")
    if "complex numbers" in by_content:
        advice.append("complex data not supported: take the real parts")
    return (
        f"{name} must hold numbers only; these columns of the data frame do not: {columns}. "
        + "".join(f"{sentence[0].upper()}{sentence[1:]}. " for sentence in advice)
        + ("Or drop them" if advice else "Drop or convert them first")
    )


def _warn(frame: Any, columns: list[int], name: str) -> None:
    if columns:
        labels = column_labels(frame)
        warn_of_lost_differences([f"{name}[{labels[c]!r}]" for c in columns], name)
