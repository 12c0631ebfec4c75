"""Where a table's bytes come from: files, pipes, standard input; and what is no UTF-8 text."""

import gc
import io
import os
import shlex
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from table_files import open_table, records, write

from fastbp.errors import FileFormatError
from fastbp.tables import source
from fastbp.tables.open_source import open_source
from fastbp.tables.source import STANDARD_STREAM, table_stem

CONTENT = b"a,b\n1,2\n3,4\n"
posix_only = pytest.mark.skipif(os.name != "posix", reason="pipes have no names elsewhere")


def numbers(table):
    return [list(map(float, cells)) for _, cells in records(table)]


def feed(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    return STANDARD_STREAM


@pytest.mark.parametrize("room", [1 << 20, 0])
def test_standard_input_is_read_as_often_as_a_file(monkeypatch, room):
    monkeypatch.setattr(source, "_IN_MEMORY", room)
    table = open_table(feed(monkeypatch, CONTENT))
    assert table.label == "standard input"
    assert numbers(table) == [[1, 2], [3, 4]]
    # Two readings at once have a position each.
    pairs = zip(table.chunks(), table.chunks(), strict=True)
    assert [(len(first), len(second)) for first, second in pairs] == [(2, 2)]


@posix_only
def test_a_named_pipe_is_read():
    os.mkfifo("pipe.csv")
    writer = threading.Thread(target=Path("pipe.csv").write_bytes, args=(CONTENT,))
    writer.start()
    table = open_table(Path("pipe.csv"))
    writer.join()
    assert numbers(table) == [[1, 2], [3, 4]]
    assert table.label == "pipe.csv"
    assert table_stem(Path("pipe.csv")) == "pipe"


@posix_only
@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd"])
def test_what_is_open_already_is_read(folder):
    if not os.path.isdir(folder):
        pytest.skip(f"there is no {folder} here")
    reading, writing = os.pipe()
    os.write(writing, CONTENT)
    os.close(writing)
    path = Path(folder, str(reading))
    table = open_table(path)
    os.close(reading)
    assert numbers(table) == [[1, 2], [3, 4]]
    assert table_stem(path) == table_stem(STANDARD_STREAM) == "table"


def test_the_copy_of_a_pipe_leaves_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(source, "_IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = open_table(feed(monkeypatch, CONTENT))
    reader = table.chunks()
    next(reader)
    if os.name == "posix":  # without a name a process that is killed leaves nothing either
        assert os.listdir(tmp_path) == []
    del table, reader
    gc.collect()  # a file that is left open is a warning here, and a warning an error
    assert os.listdir(tmp_path) == []


def test_no_room_for_the_copy_is_said_with_a_remedy(monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda **how: Full())
    with pytest.raises(OSError, match="set TMPDIR") as caught:
        open_table(feed(monkeypatch, CONTENT))
    assert caught.value.errno == 28
    assert caught.value.filename == tempfile.gettempdir()


def test_a_pipe_without_an_end_does_not_fill_the_disk(monkeypatch):
    class Endless(io.BytesIO):
        def read(self, size=-1):
            return os.urandom(size).replace(b"\0", b"1")

    monkeypatch.setattr(source, "_IN_MEMORY", 1 << 18)
    room = [50, 10, 10, 4]
    monkeypatch.setattr(
        source.shutil, "disk_usage", lambda folder: SimpleNamespace(total=100, free=room.pop(0))
    )
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Endless()))
    with pytest.raises(OSError, match=r"less than 5% of the disk is free.*set TMPDIR"):
        open_source(STANDARD_STREAM)
    assert room == []


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no /dev/zero here")
def test_an_endless_device_is_refused_at_its_first_bytes():
    with pytest.raises(FileFormatError, match="/dev/zero, line 1: byte 0x00 at offset 0"):
        open_source(Path("/dev/zero"))


def test_standard_input_that_is_closed_is_said(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileFormatError, match="standard input is closed"):
        open_source(STANDARD_STREAM)


def test_a_pipe_of_another_kind_is_refused_at_its_first_bytes(monkeypatch):
    class Endless(io.BytesIO):
        def read(self, size=-1):
            assert not self.tell()
            self.seek(size)
            return b"\xfd7zXZ\0" * (size // 6)

    stdin = io.TextIOWrapper(Endless())
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(FileFormatError, match="standard input is compressed with xz"):
        open_source(STANDARD_STREAM)


ENCODINGS = ["UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "UTF-16", "UTF-32"]
TEXTS = {
    "numbers": "a,b\n1,2\n3,4\n",
    "one cell": "a,b",
    "another alphabet": "価格,\u3000色\nĀ価,色色\n12,34\n" + "56,78\n" * 20,
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", TEXTS)
def test_an_encoding_with_two_or_four_bytes_is_named(encoding, text):
    path = write(TEXTS[text].encode(encoding))
    with pytest.raises(FileFormatError) as caught:
        open_table(path)
    mark = "" if encoding in ("UTF-16", "UTF-32") else " without a byte order mark"
    assert f"table.csv is text in {encoding}{mark};" in str(caught.value)


@posix_only
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_command_that_converts_an_encoding_works(encoding):
    path = Path("it's a table.csv")
    path.write_bytes(CONTENT.decode().encode(encoding))
    with pytest.raises(FileFormatError) as caught:
        open_table(path)
    command = str(caught.value).partition("or convert it: ")[2]
    if subprocess.run(["which", "iconv"], capture_output=True).returncode:
        pytest.skip("there is no iconv here")
    subprocess.run(command, shell=True, check=True)
    assert open_table(Path(shlex.split(command)[-1])).names == ("a", "b")


def test_a_byte_0_in_text_is_named_with_its_line():
    path = write(b"a,b\n" + b"1,2\n" * 20_000 + b"3,\x004\n" + b"5,6\n" * 10)
    with pytest.raises(FileFormatError, match=r"line 20002: byte 0x00 at offset 80,006.*tr -d"):
        records(open_table(path))


@posix_only
def test_the_command_that_removes_a_byte_0_works():
    path = write(b"a,b\n1,2\n3,\x004\n")
    with pytest.raises(FileFormatError) as caught:
        records(open_table(path))
    command = str(caught.value).partition("remove it with ")[2].partition(", if the rest")[0]
    subprocess.run(command, shell=True, check=True)
    assert numbers(open_table(Path("new.csv"))) == [[1, 2], [3, 4]]


def test_a_file_that_changes_while_it_is_read_is_an_error():
    text = source.open_bytes(write(CONTENT), lambda *_: True)
    assert "changed while it was read" in str(text.changed())
    with pytest.raises(FileFormatError, match="changed while it was read"):
        raise text.not_utf8()


def test_a_file_named_dash_is_given_with_its_folder():
    from fastbp.cli.arg_types import path_or_dash

    assert path_or_dash("-") == STANDARD_STREAM
    assert path_or_dash("./-") == Path.cwd() / "-"
    assert path_or_dash("t.csv") == Path("t.csv")
