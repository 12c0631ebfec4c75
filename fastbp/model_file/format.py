"""The format of model files: metadata, checksum, names and shapes of tensors.

Names found in a file are compared with the tables here and in the modules that own them; none is
ever imported, called or used as an attribute.
"""

import hashlib
import json
import re
import reprlib
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.model.named_choice import is_one_with_numbers
from fastbp.model_file.long_lists import PREFIX
from fastbp.model_file.safetensors_file import DTYPE_NAMES, Entry
from fastbp.operations import memory_names

FORMAT = "fastbp"
VERSIONS = ("1", "2")
#: The version of files that hold several networks, which say in "kind" what they are of.
VERSION_OF_SEVERAL = "3"
#: What such files are of: the class that loads one, in words.
KINDS = {"TableModel": "a model of tables", "Ensemble": "an ensemble"}
_KEY = re.compile("[0-9a-f]{16}")
_NEWER_VERSION = re.compile("[4-9]|[1-9][0-9]{1,8}")

_REQUIRED = ("format", "version", "network", "checksum")
_OPTIONAL = ("optimizer", "random", "preprocessing", "dropout_key")

# What optimizers keep for every parameter: "velocity.w1" goes with "w1".
_STATE_GROUPS = memory_names()
_GROUPS_OF_VERSION_1 = {"velocity", "first_moment", "second_moment"}
_GROUPS_OF_VERSION_2 = {*_STATE_GROUPS, PREFIX.removesuffix(".")} - _GROUPS_OF_VERSION_1

Entries = Mapping[str, Entry]


def group_of(name: str) -> str:
    """What stands before the dot of a tensor's name: "velocity.w1" is of "velocity", "w1" of ""."""
    group, dot, _ = name.partition(".")
    return group if dot else ""


def compact_json(value: object, *, sort_keys: bool = False) -> str:
    """Spell a value in ASCII without spaces; with sorted keys, it has no other spelling."""
    return json.dumps(value, sort_keys=sort_keys, separators=(",", ":"), allow_nan=False)


def new_checksum(entries: Entries, metadata: Mapping[str, str]) -> "hashlib._Hash":
    """Begin the checksum of a model file's content, which does not depend on the file's order.

    Parameters
    ----------
    entries : mapping of str to Entry
        Every tensor of the file.
    metadata : mapping of str to str
        All of "__metadata__"; a "checksum" in it is left out.

    Returns
    -------
    hash object
        SHA-256 over one canonical JSON document that holds the metadata and each tensor's dtype and
        shape. The payload bytes of each tensor are to follow, in the order of the names; the
        checksum is the ``hexdigest()``.

    Examples
    --------
    >>> import numpy as np
    >>> from fastbp.model_file.safetensors_file import lay_out
    >>> w1 = np.ones((1, 2), np.float32)
    >>> digest = new_checksum(lay_out({"w1": w1}), {"format": "fastbp"})
    >>> digest.update(w1)
    >>> digest.hexdigest()[:16]
    '93af17cf0f417ad1'
    """
    summary = {
        "metadata": {key: value for key, value in metadata.items() if key != "checksum"},
        "tensors": {name: [DTYPE_NAMES[e.dtype], list(e.shape)] for name, e in entries.items()},
    }
    return hashlib.sha256(compact_json(summary, sort_keys=True).encode("ascii"))


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Refuse what is not a file of one network: by format, version, and keys."""
    check_format(metadata)
    version = metadata.get("version", "")
    if version == VERSION_OF_SEVERAL:
        kind = metadata.get("kind", "")
        raise FileFormatError(
            f"it holds the networks of {KINDS[kind]}: load it with fastbp.{kind}.load"
            if kind in KINDS
            else f"its kind must be {' or '.join(map(repr, KINDS))}, got {kind!r:.80}"
        )
    if version not in VERSIONS:
        raise FileFormatError(
            f"the format version must be {' or '.join(map(repr, VERSIONS))}, got {version!r:.80}"
        )
    check_keys(metadata, _REQUIRED, _OPTIONAL)


def check_format(metadata: Mapping[str, str]) -> None:
    """Refuse what fastbp did not write, or a newer one did."""
    if metadata.get("format") != FORMAT:
        raise FileFormatError(
            "it is a safetensors file, but not one of fastbp: "
            f"its __metadata__ must have format {FORMAT!r}, got {metadata.get('format')!r:.80}"
        )
    version = metadata.get("version", "")
    # Before the other keys: a newer version may have others, and another checksum.
    if _NEWER_VERSION.fullmatch(version):
        raise FileFormatError(
            f"it was written by format {version}, this fastbp reads <= {VERSION_OF_SEVERAL}; "
            "install a newer fastbp"
        )


def check_keys(
    metadata: Mapping[str, str], required: Collection[str], optional: Collection[str] = ()
) -> None:
    """Refuse missing and unknown keys."""
    for key in required:
        if key not in metadata:
            raise FileFormatError(f"its __metadata__ lacks {key!r}")
    unknown = metadata.keys() - {*required, *optional}
    if unknown:
        raise FileFormatError(f"its __metadata__ has the unknown key {min(unknown)!r:.80}")


def version_of(config: Mapping[str, Any], entries: Entries) -> str:
    """The version that a network is written in: "2" where it needs what readers of "1" refuse.

    That is an activation or a loss with numbers of its own, dropout, or a group of tensors that
    they do not know.
    """
    if {*map(group_of, entries)} & _GROUPS_OF_VERSION_2:
        return "2"
    layers, output = config.get("activation"), config.get("output_activation")
    activations = [*layers, output] if isinstance(layers, list) else [output]
    names = [*activations, config.get("loss")]
    return "2" if "dropout" in config or any(map(is_one_with_numbers, names)) else "1"


def dropout_key_text(key: int) -> str:
    """The key that seeds dropout's draws, as the metadata has it."""
    return f"{key:016x}"


def parse_dropout_key(text: str, config: Mapping[str, Any]) -> int:
    """Read :func:`dropout_key_text`'s, of a network that has dropout."""
    if "dropout" not in config:
        raise FileFormatError("it has a dropout_key, but its network has no dropout")
    if not _KEY.fullmatch(text) or int(text, 16) == 0:
        raise FileFormatError(
            f"dropout_key must be 16 digits of 0-9 and a-f, not all of them 0, got {text!r:.80}"
        )
    return int(text, 16)


def check_version(version: str, config: Mapping[str, Any], entries: Entries) -> None:
    """Refuse a network that is written in another version."""
    right = version_of(config, entries)
    if version != right:
        raise FileFormatError(
            f"its network is written in format {right}, but the file says format {version}"
        )


def expected_shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Derive the names and shapes of the parameters from the network's description."""
    sizes = config.get("sizes")
    if not isinstance(sizes, list) or not all(type(n) is int and n > 0 for n in sizes):
        raise FileFormatError(
            f"network: sizes must be a list of widths >= 1, got {reprlib.repr(sizes)}"
        )
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
        shapes[f"w{layer}"] = (n_out, n_in)
        if config.get("bias") is not False:
            shapes[f"b{layer}"] = (n_out,)
    return shapes


def check_names_and_shapes(entries: Entries, shapes: dict[str, tuple[int, ...]]) -> list[str]:
    """Compare the tensors with the network's shapes; return the optimizer's groups."""
    groups = [
        group for group in _STATE_GROUPS if any(name.startswith(f"{group}.") for name in entries)
    ]
    expected = shapes | {
        f"{group}.{name}": shape for group in groups for name, shape in shapes.items()
    }
    unknown = entries.keys() - expected.keys()
    if unknown:
        raise FileFormatError(f"tensor {min(unknown)!r:.80} does not belong to its network")
    for name, shape in expected.items():
        if name not in entries:
            raise FileFormatError(f"its network needs a tensor {name!r}, which is not there")
        if entries[name].shape != shape:
            raise FileFormatError(
                f"tensor {name!r} has shape {entries[name].shape}, its network needs {shape}"
            )
    return groups


def check_dtypes(entries: Entries, dtype: np.dtype[Any]) -> None:
    """Refuse tensors that are not of the network's number type."""
    for name, entry in entries.items():
        if entry.dtype.newbyteorder("=") != dtype:
            raise FileFormatError(
                f"tensor {name!r} is {entry.dtype.name}, its network is {dtype.name}"
            )


def find_nonfinite(name: str, first_row: int, rows: NDArray[Any]) -> str:
    """Return the location and value of the first NaN or infinity in rows, or an empty string."""
    finite = np.isfinite(rows)
    if finite.all():
        return ""
    row, *indices = (int(i) for i in np.argwhere(~finite)[0])
    return f"{name}{[first_row + row, *indices]} is {rows[(row, *indices)]}"
