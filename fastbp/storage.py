"""The model file: a Network saved to, and made again from, one safetensors file.

The format itself is told in docs/model-file.md and checked in model_format.py.
"""

import json
import os
from typing import TYPE_CHECKING

from fastbp import random_state
from fastbp.errors import FileFormatError
from fastbp.model_format import (
    FORMAT,
    VERSION,
    Tensors,
    check_dtypes,
    check_metadata,
    check_names_and_shapes,
    checksum,
    compact_json,
    expected_shapes,
    find_nonfinite,
)
from fastbp.safetensors_file import read, write
from fastbp.strict_json import parse_json

if TYPE_CHECKING:
    from fastbp.network import Network


def save(net: "Network", path: str | os.PathLike[str]) -> None:
    """Write a network, its optimizer's state and its random generator to one file.

    Parameters
    ----------
    net : Network
        Any network without a custom Python activation.
    path : str or os.PathLike
        The file. An old file of that name stays whole until the new one is.

    Raises
    ------
    TypeError
        If `path` is neither.
    ValueError
        If the network holds what a file cannot: a custom activation, a random generator that is
        not NumPy's, or preprocessing that JSON cannot hold. Nothing is written.
    OSError
        If the file cannot be written; the old one is left as it was.

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
    name = _path_name(path)
    state = net._training_state()
    tensors = dict(net._parameters.parts())
    for group, parts in state["tensors"].items():
        tensors |= {f"{group}.{parameter}": part for parameter, part in parts.items()}
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "network": compact_json(net._config()),
        "optimizer": compact_json(
            {
                "description": state["optimizer"],
                "steps": state["steps"],
                "epochs": state["epochs"],
            }
        ),
    }
    if state["random"] is not None:
        metadata["random"] = compact_json(random_state.to_json(state["random"]))
    if net.preprocessing is not None:
        metadata["preprocessing"] = _preprocessing_json(net.preprocessing)
    metadata["checksum"] = checksum(tensors, metadata)
    write(name, tensors, metadata)


def load(path: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> "Network":
    """Read a network that `save` wrote; it predicts and trains on with the same bits.

    Parameters
    ----------
    path : str or os.PathLike
        A regular file. It is opened once and checked whole before a network is made of it.
    allow_nonfinite : bool
        Accept NaN and infinities among the numbers, for looking into a network that diverged. An
        optimizer's state with such numbers in it is left out.

    Returns
    -------
    Network

    Raises
    ------
    TypeError
        If `path` is neither a string nor a path object.
    FileFormatError
        If the file is damaged, of another kind, of a newer version, or holds anything unknown.
    OSError
        If the operating system cannot open or read it.
    """
    name = _path_name(path)
    try:
        return _load(name, allow_nonfinite)
    except FileFormatError as error:
        raise FileFormatError(f"cannot load {name!r}: {error}") from error.__cause__


def _path_name(path: object) -> str:
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str):
        raise TypeError(f"path must be a str or os.PathLike, got {type(path).__name__}")
    return name


def _preprocessing_json(value: object) -> str:
    advice = "preprocessing must be a dict of strings to dicts, lists, strings and finite numbers"
    try:
        text = compact_json(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{advice}: {error}") from None
    if not isinstance(value, dict) or json.loads(text) != value:
        raise ValueError(f"{advice}; JSON would change it (a tuple, or a key that is no string?)")
    return text


def _load(name: str, allow_nonfinite: bool) -> "Network":
    from fastbp.network import Network  # here, because network.py needs this module

    tensors, metadata = read(name)
    check_metadata(tensors, metadata)
    config = parse_json(metadata["network"], "network")
    # Before a network is made: the file's own size then bounds the memory that its sizes can claim.
    groups = check_names_and_shapes(tensors, expected_shapes(config))
    nonfinite = find_nonfinite(tensors)
    if nonfinite and not allow_nonfinite:
        raise FileFormatError(
            f"{nonfinite}; to look into a network that diverged, load it with allow_nonfinite=True"
        )
    if any(find_nonfinite(parts) for parts in groups.values()):
        groups = {}  # no step can be made from such a state: training starts it afresh
    try:
        net = Network._from_config(config)
    except (TypeError, ValueError, OverflowError) as error:
        raise FileFormatError(f"the network in it cannot be made: {error}") from error
    # What Network takes in several spellings, a file has in one.
    if net._config() != config:
        raise FileFormatError(f"network must read {compact_json(net._config()):.300}")
    check_dtypes(tensors, net.dtype)
    for parameter, target in net._parameters.parts():
        target[...] = tensors[parameter]
    if "preprocessing" in metadata:
        net.preprocessing = parse_json(metadata["preprocessing"], "preprocessing")
    _restore_training(net, metadata, groups)
    return net


def _restore_training(net: "Network", metadata: dict[str, str], groups: dict[str, Tensors]) -> None:
    state = net._training_state()
    state["tensors"] = groups
    if "optimizer" in metadata:
        kept = parse_json(metadata["optimizer"], "optimizer")
        if kept.keys() != {"description", "steps", "epochs"}:
            raise FileFormatError("optimizer must have description, steps and epochs, only these")
        state |= {
            "optimizer": kept["description"],
            "steps": kept["steps"],
            "epochs": kept["epochs"],
        }
    elif groups:
        raise FileFormatError(f"it has tensors for {min(groups)!r} but no optimizer to use them")
    try:
        if "random" in metadata:
            state["random"] = random_state.from_json(parse_json(metadata["random"], "random state"))
        net._restore_training_state(state)
    except (TypeError, ValueError, OverflowError) as error:
        raise FileFormatError(f"its training state cannot be restored: {error}") from error
    if net.optimizer.config() != state["optimizer"]:
        raise FileFormatError(f"optimizer must be described as {net.optimizer.config()}")
