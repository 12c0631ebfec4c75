"""Saving a model to a safetensors file and loading it.

docs/model-file.md describes the format, and format.py checks it.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from fastbp.errors import FileFormatError
from fastbp.inputs import Array
from fastbp.inputs.nesting import MOST_LEVELS, is_too_deep
from fastbp.model import random_state
from fastbp.model.model import Model
from fastbp.model.state import State
from fastbp.model_file.atomic_write import NewFile, replace_with
from fastbp.model_file.format import (
    FORMAT,
    Entries,
    check_dtypes,
    check_metadata,
    check_names_and_shapes,
    check_version,
    compact_json,
    dropout_key_text,
    expected_shapes,
    group_of,
    parse_dropout_key,
    version_of,
)
from fastbp.model_file.long_lists import (
    PREFIX,
    check_long_lists,
    list_of,
    take_long_lists,
)
from fastbp.model_file.paths import error_with_path, path_name
from fastbp.model_file.payload import payload_start, read_numbers, write_payload
from fastbp.model_file.safetensors_file import TensorFile, header_bytes, lay_out, open_tensors
from fastbp.model_file.strict_json import parse_json

# Of an optimizer whose moving average began anew, or whose schedule follows the validation loss.
_OF_OPTIONS = ("averaged_from", "plateau")


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a network, its optimizer's state and its random generator to one file.

    All of it is of one moment, also while another thread trains: training waits while the numbers
    are copied to the file. It takes a few blocks of memory, whatever the network's size.

    Parameters
    ----------
    model : Model
        That of any network without a custom Python activation or loss.
    path : str or os.PathLike
        The file. An old file of that name stays whole until the new one is.

    Raises
    ------
    TypeError
        If `path` is neither.
    ValueError
        If the network holds what a file cannot: a custom activation or loss, a random generator
        that is not NumPy's, or preprocessing that JSON cannot hold. Nothing is written.
    OSError
        If the file cannot be written; the old one is left as it was.

    Notes
    -----
    An optimizer's memory with NaN or infinities in it is left out: no step can be made from it.
    The loaded network has the same count of steps until it trains, and then starts both afresh.

    Examples
    --------
    >>> import fastbp, os, tempfile
    >>> net = fastbp.Network([2, 3, 1], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     name = os.path.join(folder, "small.safetensors")
    ...     net.save(name)
    ...     fastbp.Network.load(name).sizes == net.sizes
    True
    """
    replace_with(path_name(path), lambda file: _write(model, file))


def load(path: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> Model:
    """Read a network that `save` wrote; it predicts and trains on with the same bits.

    The header is read and checked first, against the file's size too. Then the numbers are read
    into the network, block by block: memory is taken for the network and a few blocks.

    Parameters
    ----------
    path : str or os.PathLike
        A regular file. It is opened once.
    allow_nonfinite : bool
        Accept NaN and infinities among the numbers, for looking into a network that diverged. An
        optimizer's state with such numbers in it is left out.

    Returns
    -------
    Model

    Raises
    ------
    TypeError
        If `path` is neither a string nor a path object.
    FileFormatError
        If the file is damaged, of another kind, of a newer version, or holds anything unknown.
    OSError
        If the operating system cannot open or read it.
    MemoryError
        If there is not enough memory for the network.
    """
    name = path_name(path)
    with error_with_path(name), open_tensors(name) as file:
        return _read(file, allow_nonfinite)


def _preprocessing_json(value: object) -> str:
    advice = "preprocessing must be a dict of strings to dicts, lists, strings and finite numbers"
    if is_too_deep(value):
        raise ValueError(f"{advice}, nested at most {MOST_LEVELS} levels deep and not in itself")
    try:
        text = compact_json(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{advice}: {error}") from None
    if not isinstance(value, dict) or json.loads(text) != value:
        raise ValueError(f"{advice}; JSON would change it (a tuple, or a key that is no string?)")
    return text


def _write(model: Model, file: NewFile) -> None:
    with model.state_lock.hold():
        state = model.moment()
        tensors, entries, metadata, start = _content(model, state)
        digest = write_payload(file, start, tensors, entries, metadata)
    file.seek(0)
    file.write(header_bytes(entries, metadata | {"checksum": digest}))


def _content(model: Model, state: State) -> tuple[dict[str, Array], Entries, dict[str, str], int]:
    """All tensors with their entries, "__metadata__" but the checksum, the payload's start."""
    tensors, preprocessing = state.tensors(), model.preprocessing
    entries = lay_out(tensors)
    metadata = _metadata(model, state, entries, preprocessing)
    try:
        return tensors, entries, metadata, payload_start(entries, metadata)
    except ValueError:  # too long: its lists become tensors, if that is what is long
        preprocessing, lists = take_long_lists(preprocessing or {})
        if not lists:
            raise
    tensors |= lists
    entries = lay_out(tensors)
    metadata = _metadata(model, state, entries, preprocessing)
    return tensors, entries, metadata, payload_start(entries, metadata)


def _metadata(
    model: Model, state: State, entries: Entries, preprocessing: dict[str, Any] | None
) -> dict[str, str]:
    """All of "__metadata__" but the checksum."""
    config, description = model.config(state), state.description()
    metadata = {
        "format": FORMAT,
        "version": version_of(config, entries),
        "network": compact_json(config),
        "optimizer": compact_json(
            {"description": description["optimizer"]}
            | {name: description[name] for name in ("steps", "epochs")}
            | {name: description[name] for name in _OF_OPTIONS if description[name]}
        ),
        "random": compact_json(random_state.to_json(description["random"])),
    }
    if state.dropout_key:
        metadata["dropout_key"] = dropout_key_text(state.dropout_key)
    if preprocessing is not None:
        metadata["preprocessing"] = _preprocessing_json(preprocessing)
    return metadata


def _read(file: TensorFile, allow_nonfinite: bool) -> Model:
    metadata = file.metadata
    check_metadata(metadata)
    entries = file.entries()
    config = parse_json(metadata["network"], "network")
    of_lists = {name: entry for name, entry in entries.items() if name.startswith(PREFIX)}
    of_network = {name: entry for name, entry in entries.items() if name not in of_lists}
    check_version(metadata["version"], config, entries)
    # Before a network is made: the file's own size then bounds the memory that its sizes can claim.
    groups = check_names_and_shapes(of_network, expected_shapes(config))
    model = new_model(config)
    check_dtypes(of_network, model.architecture.dtype)
    if "preprocessing" in metadata:
        model.preprocessing = parse_json(metadata["preprocessing"], "preprocessing")
    check_long_lists(of_lists, model.preprocessing)
    lists = {name: np.empty(entry.shape, entry.dtype) for name, entry in of_lists.items()}
    if "dropout_key" in metadata:
        model.state.dropout_key = parse_dropout_key(metadata["dropout_key"], config)
    memory = {group: model.layout.zeros() for group in groups}
    _restore_training(model, metadata, memory)

    targets = dict(model.state.named_tensors(memory)) | lists
    nonfinite = read_numbers(file, entries, targets)
    nonfinite.pop(group_of(PREFIX), None)  # list_of looks at these
    if nonfinite and not allow_nonfinite:
        location = nonfinite.get("") or min(nonfinite.values())
        raise FileFormatError(
            f"{location}; to look into a network that diverged, load it with allow_nonfinite=True"
        )
    if nonfinite.keys() & memory.keys():
        model.state.forget_memory()  # no step can be made from it: training starts it afresh
    if lists:
        model.preprocessing = (model.preprocessing or {}) | {
            name.removeprefix(PREFIX): list_of(name, tensor) for name, tensor in lists.items()
        }
    return model


def new_model(config: dict[str, Any]) -> Model:
    """Make the model that a file describes, with zero weights; raises FileFormatError."""
    try:
        model = Model.from_config(config)
    except (TypeError, ValueError, OverflowError) as error:
        raise FileFormatError(f"the network in it cannot be made: {_brief(error)}") from None
    # What Network takes in several spellings, a file has in one.
    if model.config() != config:
        raise FileFormatError(f"network must read {compact_json(model.config()):.300}")
    return model


def _brief(error: Exception) -> str:
    """A message that quotes the file; the file must not choose how long it is."""
    text = str(error)
    return text if len(text) <= 300 else f"{text[:200]} ... {text[-90:]}"


def _restore_training(
    model: Model, metadata: Mapping[str, str], memory: Mapping[str, Array]
) -> None:
    state = model.state.description()
    if "optimizer" in metadata:
        optimizer = parse_json(metadata["optimizer"], "optimizer")
        if optimizer.keys() - {*_OF_OPTIONS} != {"description", "steps", "epochs"}:
            raise FileFormatError("optimizer must have description, steps and epochs, only these")
        if empty := [name for name in _OF_OPTIONS if not optimizer.get(name, True)]:
            raise FileFormatError(
                f"optimizer has {empty[0]}, which is left out where it is nothing"
            )
        state |= {"optimizer": optimizer.pop("description")} | optimizer
    elif memory:
        raise FileFormatError(f"it has tensors for {min(memory)!r} but no optimizer to use them")
    try:
        if "random" in metadata:
            state["random"] = random_state.from_json(parse_json(metadata["random"], "random state"))
        model.state.restore(state, memory)
    except (TypeError, ValueError, OverflowError) as error:
        raise FileFormatError(f"its training state cannot be restored: {_brief(error)}") from None
    optimizer = model.state.current.optimizer.config()
    if optimizer != state["optimizer"]:
        raise FileFormatError(f"optimizer must be described as {optimizer}")
