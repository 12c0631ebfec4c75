"""Text of a file is shown without anything that a terminal or an eye would take for more."""

import os
import unicodedata

import pytest

from fastbp import Network
from fastbp.bench import reading
from fastbp.datasets import load_mnist
from fastbp.idx_files import read_idx
from fastbp.model_file.atomic_write import replace_file
from fastbp.text.printable import printable

ESCAPED = {
    "a\x1b[2J": r"a\x1b[2J",
    "\x00\x07\x08": r"\x00\x07\x08",
    "a\tb\r\nc": r"a\tb\r\nc",
    "\x7f": r"\x7f",
    "\x9b31m": r"\x9b31m",
    "user\u202etxt.exe": r"user\u202etxt.exe",
    "\u2066a\u2069": r"\u2066a\u2069",
    "zero\u200bwidth\ufeff": r"zero\u200bwidth\ufeff",
    "a\u2028b\u2029": r"a\u2028b\u2029",
    "half \ud83d": r"half \ud83d",
    "\U000e0041": r"\U000e0041",
}


@pytest.mark.parametrize("text", ESCAPED)
def test_what_can_command_a_terminal_is_escaped(text):
    assert printable(text) == ESCAPED[text]


@pytest.mark.parametrize("text", ["", "a b", "naïve 价格 😀", "no-break\xa0space", r"C:\x1b", "é"])
def test_other_text_stays_as_it_is(text):
    assert printable(text) == text


def test_no_control_or_format_character_passes_and_escapes_are_final():
    # Without unassigned and private ones, which are three of four and are shown as they are.
    characters = map(chr, range(0x110000))
    escaped = printable(
        "".join(c for c in characters if unicodedata.category(c) not in ("Cn", "Co"))
    )
    assert not {unicodedata.category(c) for c in set(escaped)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert printable(escaped) == escaped


HARMFUL = "a\x1b[2J\u202eb"
#: What fails at a file or folder of this name -> bytes of the file; None makes a folder.
FAILING = {
    "a magic of another kind": (lambda path: read_idx(path, 3), b"PK\x03\x04"),
    "a cut header": (lambda path: read_idx(path, 3), b"\0\0\x08\x03"),
    "more than it can hold": (lambda path: read_idx(path, 1), b"\0\0\x08\x01" + b"\xff" * 4),
    "damaged gzip": (lambda path: read_idx(path, 3), b"\x1f\x8b\x08"),
    "too many values": (lambda path: read_idx(path, 1), b"\0\0\x08\x01\0\0\0\x01ab"),
    "no MNIST": (load_mnist, None),
    "a file where MNIST's folder should be": (load_mnist, b""),
    "no model": (Network.load, b"{}"),
    "a folder in a model's place": (Network([1, 1]).save, None),
    "a folder to replace": (lambda path: replace_file(path, [b""]), None),
    "no folder to save into": (lambda path: replace_file(f"{path}/model", [b""]), b""),
    "no run": (reading.load, b"{}"),
    "not there": (lambda path: read_idx(f"{path}x", 3), b""),
}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names of files")
@pytest.mark.parametrize("case", FAILING)
def test_no_error_of_the_library_shows_a_path_as_it_is(tmp_path, case):
    path = str(tmp_path / HARMFUL)
    fail, content = FAILING[case]
    if content is None:
        os.mkdir(path)
    else:
        with open(path, "wb") as file:
            file.write(content)
    with pytest.raises((OSError, ValueError)) as caught:
        fail(path)
    message = str(caught.value)
    assert message.isprintable()
    assert printable(HARMFUL) in message.replace("\\\\", "\\")
    if getattr(caught.value, "filename", None):  # for code that goes on with it; Python escapes it
        assert HARMFUL in caught.value.filename


def test_mnist_files_that_do_not_belong_together_are_named_safely(tmp_path):
    folder = tmp_path / HARMFUL
    folder.mkdir()
    (folder / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + b"\0\0\0\x01" * 3 + b"x")
    (folder / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + b"\0\0\0\0")
    with pytest.raises(ValueError, match="do not belong together") as caught:
        load_mnist(folder)
    assert str(caught.value).isprintable()
