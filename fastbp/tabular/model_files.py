"""Files of table models: what is in them beside networks, and how that is read back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.model.model import Model
from fastbp.model_file import several
from fastbp.model_file.format import compact_json
from fastbp.model_file.paths import error_with_path
from fastbp.model_file.safetensors_file import HEADER_CAP
from fastbp.model_file.strict_json import MOST_VALUES, most_values, parse_value
from fastbp.network import model_of, network_of
from fastbp.tables.schema import Schema
from fastbp.tables.schema_options import SchemaOptions
from fastbp.tables.typed import Target
from fastbp.tabular.encoder import Encoder
from fastbp.tabular.encoder_arrays import arrays_of, encoder_of
from fastbp.tabular.member import OUTPUTS, Member, TargetScale
from fastbp.tabular.members import Members

KIND = "TableModel"
_KEYS = ("target", "classes", "columns", "schema", "arguments", "options", "reading", "card")
_SCALES = ("mean", "scale", "low", "high")
_HEADER_RESERVE = 1 << 14  # of a file's header, for all but the columns and classes

T = TypeVar("T")


@dataclass(frozen=True)
class Saved:
    """What a file holds.

    Attributes
    ----------
    members : Members
    target : Target
        Its name and classes, without values.
    schema : object
        In plain values, unchecked.
    arguments : dict
        Those of the TableModel, unchecked.
    card : dict or None
    """

    members: Members
    target: Target
    schema: Any
    arguments: dict[str, Any]
    card: dict[str, Any] | None


def save(
    path: str | PathLike[str],
    trained: Members,
    target: Target,
    schema: Mapping[str, Any],
    arguments: Mapping[str, Any],
    options: Mapping[str, Any],
    reading: SchemaOptions,
    card: Mapping[str, Any] | None,
) -> None:
    """Write a model; options that JSON cannot hold, such as functions, are left out."""
    first = trained.members[0].encoder
    content = {
        "target": target.name,
        "classes": list(target.classes),
        "columns": [list(first.names), list(first.kinds)],
        "schema": schema,
        "arguments": dict(arguments),
        "options": {k: v for k, value in options.items() if (v := _plain(value)) is not None},
        "reading": reading.to_dict(),
        "card": None if card is None else _checked_card(card),
    }
    arrays: dict[str, NDArray[Any]] = {
        "temperatures": np.array([member.temperature for member in trained.members])
    }
    if not target.classes:
        arrays["scales"] = np.array(
            [[getattr(member.scale, name) for name in _SCALES] for member in trained.members]
        )
    for i, member in enumerate(trained.members):
        arrays |= {f"{i}.{name}": array for name, array in arrays_of(member.encoder).items()}
    models = [model_of(member.network) for member in trained.members]
    several.save(path, KIND, models, content, arrays)


def check_room(schema: Schema, members: int, reading: SchemaOptions) -> None:
    """Raise, before a training, if what is known of a table is too much for a model file.

    Raises
    ------
    ValueError
        If it is.
    """
    names, kinds = list(schema.names), ["number"] * len(schema.names)
    classes = list(schema.target.classes)
    # As in the file: JSON text that is itself a string in JSON.
    content = [schema.to_dict(), names, kinds, reading.to_dict()]
    texts = [compact_json(content), *[compact_json(classes)] * members]
    size = sum(len(compact_json(text)) for text in texts)
    values = sum(map(most_values, texts))
    most_bytes, most = HEADER_CAP - _HEADER_RESERVE, MOST_VALUES - _HEADER_RESERVE
    if size > most_bytes or values > most:
        raise ValueError(
            f"{len(names):,} columns and {len(classes):,} classes take {size:,} bytes and "
            f"{values:,} values, too many for a model file (at most {most_bytes:,} and {most:,}); "
            "leave columns out with drop (--drop)"
        )


def _plain(value: Any) -> Any:
    """An option as JSON has it, or None."""
    if hasattr(value, "config"):
        try:
            value = value.config()
        except ValueError:  # a schedule that is a function
            return None
    value = _as_list(value)
    try:
        compact_json(value)
    except (TypeError, ValueError):
        return None
    return value


def _as_list(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): _as_list(item) for key, item in value.items()}
    return [_as_list(item) for item in value] if isinstance(value, (list, tuple)) else value


def _checked_card(card: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(card, Mapping):
        raise ValueError(f"the card must be a dict of plain values, got {type(card).__name__}")
    try:
        if parse_value(compact_json(dict(card)), "card") == card:
            return card
        reason = "JSON would change it (a tuple, or a key that is no string?)"
    except (TypeError, ValueError) as error:
        reason = str(error)
    raise ValueError(f"the card must be a dict of plain values: {reason}")


def load(path: str | PathLike[str], make: Callable[[Saved], T]) -> T:
    """Read a file, and make a model of what it holds.

    What ``make`` raises as a ValueError or TypeError is a FileFormatError.
    """
    models, content, arrays = several.load(path, KIND)
    with error_with_path(path):
        try:
            return make(_read(models, content, arrays))
        except FileFormatError:
            raise
        except (ValueError, TypeError, OverflowError) as error:
            raise FileFormatError(f"the model in it cannot be made: {error!s:.300}") from None


def _read(models: list[Model], content: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Saved:
    if content.keys() != {*_KEYS}:
        raise FileFormatError(f"its content must have {', '.join(_KEYS)}, only these")
    names, kinds = _columns(content["columns"])
    target = _target(content["target"], content["classes"])
    temperatures = arrays.pop("temperatures", np.empty(0))
    scales = arrays.pop("scales", None)
    n = len(models)
    if not _are_numbers(temperatures, (n,)) or (temperatures <= 0).any():
        raise FileFormatError(f"temperatures must be {n} numbers above 0")
    if target.classes and scales is not None:
        raise FileFormatError("its target is a class, which has no scales")
    if not target.classes and (
        scales is None or not _are_numbers(scales, (n, len(_SCALES))) or (scales[:, 1] <= 0).any()
    ):
        raise FileFormatError(f"scales must be {n} x {len(_SCALES)} numbers, the second above 0")
    of_members: list[dict[str, NDArray[Any]]] = [{} for _ in models]
    for name, array in arrays.items():
        number, _, rest = name.partition(".")
        if not (number.isascii() and number.isdigit() and len(number) < 5 and int(number) < n):
            raise FileFormatError(f"tensor 'content.{name:.80}' does not belong to its model")
        if number != str(int(number)):
            raise FileFormatError(f"tensor 'content.{name:.80}' does not belong to its model")
        of_members[int(number)][rest] = array
    members = []
    for i, model in enumerate(models):
        try:
            encoder = encoder_of(of_members[i], names, kinds)
            _check_network(model, encoder, target)
        except FileFormatError as error:
            raise FileFormatError(f"member {i}: {error}") from None
        scale = None if scales is None else TargetScale(*scales[i].tolist())
        members.append(Member(encoder, network_of(model), float(temperatures[i]), scale))
    arguments, options, reading, card = (
        content[name] for name in ("arguments", "options", "reading", "card")
    )
    if not all(isinstance(value, dict) for value in (arguments, options, reading)):
        raise FileFormatError("its arguments, options and reading must be JSON objects")
    if card is not None and not isinstance(card, dict):
        raise FileFormatError("its card must be a JSON object or null")
    if arguments.keys() != {"members", "recipe", "seed"}:
        raise FileFormatError("its arguments must be members, recipe and seed, only these")
    return Saved(
        Members(tuple(members)), target, content["schema"], arguments | options | reading, card
    )


def _columns(value: Any) -> tuple[list[str], list[str]]:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(part, list) for part in value)
        or not all(isinstance(text, str) for part in value for text in part)
    ):
        raise FileFormatError("its columns must be two lists, of names and of kinds")
    return value[0], value[1]


def _target(name: Any, classes: Any) -> Target:
    if not isinstance(name, str) or not isinstance(classes, list):
        raise FileFormatError("its target must be a name, and its classes a list")
    if not all(isinstance(text, str) for text in classes) or len(set(classes)) < len(classes):
        raise FileFormatError("its classes must be different names")
    if len(classes) == 1:
        raise FileFormatError("its classes must be none, or at least two")
    values: Any = np.empty(0, np.int64 if classes else np.float64)
    return Target(name, values, tuple(classes))


def _check_network(model: Model, encoder: Encoder, target: Target) -> None:
    expected = (encoder.width, len(target.classes) or 1, *OUTPUTS[target.task])
    architecture = model.architecture
    sizes = architecture.sizes
    got = (sizes[0], sizes[-1], architecture.names[-1], architecture.loss_row.name)
    if got != expected:
        raise FileFormatError(
            f"its network has inputs, outputs, activation and loss {got}, expected {expected}"
        )
    if target.classes and model.classes != target.classes:
        raise FileFormatError("its network has other classes than its target")


def _are_numbers(array: NDArray[Any], shape: tuple[int, ...]) -> bool:
    return (
        array.dtype == np.dtype("<f8")
        and array.shape == shape
        and all(math.isfinite(value) for value in array.ravel().tolist())
    )
