"""The numbers of a model file, and the checksum over them and what describes them."""

from collections.abc import Mapping

from fastbp.errors import FileFormatError
from fastbp.inputs import Array
from fastbp.model_file.atomic_write import NewFile
from fastbp.model_file.format import Entries, find_nonfinite, group_of, new_checksum
from fastbp.model_file.row_blocks import byte_view, dense_blocks
from fastbp.model_file.safetensors_file import TensorFile, header_bytes

# As long as the checksum that takes its place: the payload's start depends on the header's length.
_NO_CHECKSUM = "0" * 64


def payload_start(entries: Entries, metadata: Mapping[str, str]) -> int:
    """Where the numbers begin; raises ValueError if the header would be too long."""
    return len(header_bytes(entries, {**metadata, "checksum": _NO_CHECKSUM}))


def write_payload(
    file: NewFile,
    start: int,
    tensors: Mapping[str, Array],
    entries: Entries,
    metadata: Mapping[str, str],
) -> str:
    """Write the numbers behind the header's place; return the checksum."""
    digest = new_checksum(entries, metadata)
    for name in sorted(entries):  # the checksum's order, which is not the payload's
        file.seek(start + entries[name].begin)
        for block in dense_blocks(tensors[name]):
            digest.update(byte_view(block))
            file.write(byte_view(block))
    return digest.hexdigest()


def read_numbers(
    file: TensorFile, entries: Entries, targets: Mapping[str, Array]
) -> dict[str, str]:
    """Fill the targets; return where each group's first NaN or infinity is, "" the parameters'."""
    nonfinite: dict[str, str] = {}
    digest = new_checksum(entries, file.metadata)
    for name in sorted(entries):
        group = group_of(name)
        target = targets[name]
        for row, block in file.blocks(entries[name]):
            digest.update(byte_view(block))
            target[row : row + len(block)] = block
            if group not in nonfinite and (location := find_nonfinite(name, row, block)):
                nonfinite[group] = location
    # Before anything is said about a number: it may be the damage.
    if file.metadata["checksum"] != digest.hexdigest():
        raise FileFormatError(
            "the checksum does not fit: the file was damaged or edited; fetch or save it again"
        )
    return nonfinite
