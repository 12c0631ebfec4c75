"""Files of several networks: those of an ensemble, and of a model of tables.

One safetensors file, with the format's version "3". The parameters of network i, from 0, are the
tensors ``i.w1``, ``i.b1``, ...; what else the model knows is the JSON text ``content`` and the
tensors ``content.NAME``. The file has no optimizer's memory and no generator: it predicts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.model.model import Model
from fastbp.model_file.atomic_write import NewFile, replace_with
from fastbp.model_file.format import (
    FORMAT,
    KINDS,
    VERSION_OF_SEVERAL,
    VERSIONS,
    check_dtypes,
    check_format,
    check_keys,
    check_names_and_shapes,
    compact_json,
    expected_shapes,
)
from fastbp.model_file.paths import error_with_path, path_name
from fastbp.model_file.payload import payload_start, read_numbers, write_payload
from fastbp.model_file.safetensors_file import TensorFile, header_bytes, lay_out, open_tensors
from fastbp.model_file.storage import new_model
from fastbp.model_file.strict_json import parse_json, parse_value

#: Each takes some memory that the file's size does not bound.
MOST_NETWORKS = 1000
_CONTENT = "content"
_KEYS = ("format", "version", "kind", "networks", _CONTENT, "checksum")


def save(
    path: str | os.PathLike[str],
    kind: str,
    models: Sequence[Model],
    content: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write several networks, and what else their model knows, to one file.

    Parameters
    ----------
    path : str or os.PathLike
        An old file of that name stays whole until the new one is.
    kind : str
        One of ``KINDS``.
    models : sequence of Model
        Those of at least one network; none with an activation or loss of one's own.
    content : mapping
        Plain values that JSON can hold.
    arrays : mapping of str to ndarray
        Numbers, of the types of :data:`fastbp.model_file.safetensors_file.DTYPES`.

    Raises
    ------
    ValueError, TypeError
        If a file cannot hold that. Nothing is written.
    OSError
        If the file cannot be written.
    """
    if not 1 <= len(models) <= MOST_NETWORKS:
        raise ValueError(f"a file holds 1 to {MOST_NETWORKS} networks, got {len(models)}")
    replace_with(path_name(path), lambda file: _write(file, kind, models, content, arrays))


def _write(
    file: NewFile,
    kind: str,
    models: Sequence[Model],
    content: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    tensors = {f"{_CONTENT}.{name}": array for name, array in arrays.items()}
    with ExitStack() as locks:
        configs = []
        for i, model in enumerate(models):
            locks.enter_context(model.state_lock.hold())
            state = model.moment()
            configs.append(model.config(state))
            tensors |= {f"{i}.{name}": view for name, view in state.parameters.parts()}
        metadata = {
            "format": FORMAT,
            "version": VERSION_OF_SEVERAL,
            "kind": kind,
            "networks": compact_json(configs),
            _CONTENT: compact_json(dict(content)),
        }
        entries = lay_out(tensors)
        start = payload_start(entries, metadata)
        digest = write_payload(file, start, tensors, entries, metadata)
    file.seek(0)
    file.write(header_bytes(entries, metadata | {"checksum": digest}))


def load(
    path: str | os.PathLike[str], kind: str
) -> tuple[list[Model], dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what :func:`save` wrote: the models, the content, and the arrays.

    Raises
    ------
    FileFormatError
        If the file is damaged, of another kind, of a newer version, or holds anything unknown.
        What content and arrays mean their reader checks.
    OSError
        If the operating system cannot open or read it.
    """
    name = path_name(path)
    with error_with_path(name), open_tensors(name) as file:
        return _read(file, kind)


def kind_of(path: str | os.PathLike[str]) -> str | None:
    """Which kind of file of several networks it is; None for one of a single network.

    Raises
    ------
    FileFormatError
        If it is no such file at all.
    OSError
        If it cannot be opened or read.
    """
    name = path_name(path)
    with error_with_path(name), open_tensors(name) as file:
        metadata = file.metadata
    return None if metadata.get("version") in VERSIONS else metadata.get("kind", "")


def _read(
    file: TensorFile, kind: str
) -> tuple[list[Model], dict[str, Any], dict[str, NDArray[Any]]]:
    metadata = file.metadata
    _check(metadata, kind)
    entries = file.entries()
    configs = parse_value(metadata["networks"], "list of networks")
    if not isinstance(configs, list) or not 1 <= len(configs) <= MOST_NETWORKS:
        raise FileFormatError(f"networks must be a list of 1 to {MOST_NETWORKS} descriptions")
    of_groups: dict[str, dict[str, Any]] = {
        _CONTENT: {},
        **{str(i): {} for i in range(len(configs))},
    }
    for name, entry in entries.items():
        group, _, rest = name.partition(".")
        if group not in of_groups or not rest:
            raise FileFormatError(f"tensor {name!r:.80} does not belong to its networks")
        of_groups[group][rest] = entry
    models = []
    targets: dict[str, NDArray[Any]] = {}
    for i, config in enumerate(configs):
        try:
            if not isinstance(config, dict):
                raise FileFormatError("its description must be a JSON object")
            # Before a network is made: the file's own size bounds what its sizes can claim.
            if check_names_and_shapes(of_groups[str(i)], expected_shapes(config)):
                raise FileFormatError("it has an optimizer's memory, which such files never have")
            model = new_model(config)
            check_dtypes(of_groups[str(i)], model.architecture.dtype)
        except FileFormatError as error:
            raise FileFormatError(f"network {i}: {error}") from error.__cause__
        models.append(model)
        targets |= {f"{i}.{name}": view for name, view in model.state.parameters.parts()}
    content = parse_json(metadata[_CONTENT], _CONTENT)
    arrays = {
        rest: np.empty(entry.shape, entry.dtype) for rest, entry in of_groups[_CONTENT].items()
    }
    targets |= {f"{_CONTENT}.{name}": array for name, array in arrays.items()}
    nonfinite = read_numbers(file, entries, targets)
    nonfinite.pop(_CONTENT, None)  # its reader looks at these
    if nonfinite:
        raise FileFormatError(min(nonfinite.values()))
    return models, content, arrays


def _check(metadata: Mapping[str, str], kind: str) -> None:
    check_format(metadata)
    version = metadata.get("version", "")
    if version in VERSIONS:
        raise FileFormatError("it holds a single network: load it with fastbp.Network.load")
    if version != VERSION_OF_SEVERAL:
        raise FileFormatError(
            f"the format version must be {VERSION_OF_SEVERAL!r}, got {version!r:.80}"
        )
    check_keys(metadata, _KEYS)
    other = metadata["kind"]
    if other != kind:
        remedy = (
            f"it holds {KINDS[other]}: load it with fastbp.{other}.load"
            if other in KINDS
            else (f"its kind must be {kind!r}, got {other!r:.80}")
        )
        raise FileFormatError(remedy)
