"""Altered and hostile files: a clear error, in bounded time and memory, out of every reader."""

import gzip
import io
import os
import random
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from opened_sources import source_of

from fastbp.errors import FileFormatError
from fastbp.tables.open_source import open_source

CSV = 'name;x;y\n"a;b";1.5;2\n"c\nd";;3\n' + "e;1e5;-7\n" * 5
ARFF = (
    "@relation r\n@attribute 'a b' {x, 'y z'} % levels\n@attribute n numeric\n@attribute s string\n"
    "@data\nx, 1, 'it\\'s'\n{0 'y z', 1 2, 2 ?}\n'y z', ?, \"q\"\n"
)
LIBSVM = "1 1:0.5 3:2 # c\n-1 qid:3 2:1e5\n1\n"
ORANGE = "a\tb\tc\nc\td\ts\n\tclass\tmeta\n1\tx\tu\n2\ty\tv\n"
FIXED = '"a" "b"\n"r1" 1 2\n"r2" 3 4\n'


def base_of(name):
    """The option that a file of libsvm's needs, as no other takes it."""
    return {"base": 1} if name.endswith((".svm", ".libsvm", ".svmlight")) else {}


def frame(write):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"a": [1, 2, None], "b": ["x", None, "y"], "c": [True, False, True]})
    file = io.BytesIO()
    write(table, file)
    return file.getvalue()


def parquet():
    pytest.importorskip("pyarrow")
    return frame(lambda table, file: table.to_parquet(file))


def feather():
    pytest.importorskip("pyarrow")
    return frame(lambda table, file: table.to_feather(file))


def excel():
    pytest.importorskip("openpyxl")
    return frame(lambda table, file: table.to_excel(file, index=False))


FILES = {
    "t.csv": CSV.encode,
    "t.csv.gz": lambda: gzip.compress(CSV.encode(), mtime=0),
    "t.tab": ORANGE.encode,
    "t.txt": FIXED.encode,
    "t.arff": ARFF.encode,
    "t.svm": LIBSVM.encode,
    "t.parquet": parquet,
    "t.feather": feather,
    "t.xlsx": excel,
}


def read(content, name):
    """Read all of a file; any error but these two is one of ours."""
    try:
        table = source_of(content, name, **base_of(name))
        n_rows = [len(chunk) for chunk in table.chunks()]
        assert n_rows == [len(chunk) for chunk in table.chunks(None, table.names)]
        assert all(n_rows)
    except (FileFormatError, OSError) as error:
        message = str(error)
    else:
        message = ""
    assert message.isprintable()
    assert len(message) < 2000


PIECES = [b"", b"\0", b"\xff", b'"', b"'", b"\n", b"\r", b"{", b"}", b"%", b"#", b",", b";", b" ",
          b"\t", b":", b"?", b"@data\n", b"9" * 30, b"-", b"\x1b[2J", "\u202e".encode(), b"\\",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # openpyxl's, of what it cannot read
def test_an_altered_file_gives_a_clear_error_or_a_table(name):
    content = FILES[name]()
    read(content, name)
    draw = random.Random(name)
    n_files = 25 if name == "t.xlsx" else 100
    for _ in range(n_files):
        altered = bytearray(content)
        for _ in range(draw.randrange(1, 4)):
            place = draw.randrange(len(altered) + 1)
            end = place + draw.choice([0, 0, 1, 1, 2, 20])
            altered[place:end] = draw.choice([*PIECES, bytes([draw.randrange(256)])])
        if draw.random() < 0.1:
            del altered[draw.randrange(len(altered) + 1) :]
        read(bytes(altered), name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)),
    name=st.sampled_from(list(FILES)),
)
def test_any_bytes_give_a_clear_error_or_a_table(content, name):
    read(content, name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from(
        ["@relation r\n@attribute a numeric\n@attribute b {x,y}\n@data\n", "1 1:1\n"]
    ),
    text=st.text("01x?'\"{}, %:\\\n\t-.@", max_size=40),
)
def test_any_rows_give_a_clear_error_or_a_table(head, text):
    read((head + text).encode(), "t.arff" if head[0] == "@" else "t.svm")


def peak_of(read_it):
    """The most memory that a call takes, in megabytes."""
    tracemalloc.start()
    try:
        read_it()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


HOSTILE = {
    "a line of commas": ("t.csv", lambda: b"," * 1_000_000, "expected at most 250,000 columns"),
    "a cell without an end": ("t.csv", lambda: b"a,b\n" + b"x" * 200_000 + b",1\n", "field larger"),
    "a quote without an end": ("t.csv", lambda: b'a,b\n1,"' + b"x\n" * 200_000, "field larger"),
    "deep braces": ("t.arff", lambda: b"@attribute a {" + b"{" * 500_000 + b"\n@data\n1\n", "no }"),
    "deep JSON": ("t.json", lambda: b"[" * 500_000, "JSON"),
    "an index of a billion": ("t.svm", lambda: b"1 1000000000:1\n", "expected at most 250,000"),
    "an index of a thousand digits": ("t.svm", lambda: b"1 " + b"9" * 1000 + b":1\n", "at most"),
    "a sparse index": (
        "t.arff",
        lambda: b"@attribute a real\n@data\n{999999999999 1}\n",
        "index 999,999,999,999, expected at most 0",
    ),
    "newlines": ("t.csv", lambda: b"\n" * 1_000_000, "the first 20,000 lines are comments"),
    "quoted newlines": ("t.csv", lambda: b'"\n' * 50_000, "is empty"),
    "braces and newlines": ("t.csv", lambda: b"{}" + b"\n" * 70_000 + b"[", "1 cell|is empty|JSON"),
    "a sparse row without an end": (
        "t.arff",
        lambda: b"@attribute a string\n@data\n{" + b"0 'x" * 100_000,
        "a sparse row ends with",
    ),
    "spaces": ("t.csv", lambda: b" " * 5_000_000, "is empty"),
    "comments": (
        "t.csv",
        lambda: b"#\n" * 100_000 + b"a,b\n1\n",
        "the first 20,000 lines are comments",
    ),
    "a name of a megabyte": ("t.csv", lambda: b"x" * 10**5 + b",b\n1\n", "expected 2 as in the"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_within_bounds(name):
    file_name, make, message = HOSTILE[name]
    content = make()

    def read_it():
        with pytest.raises(FileFormatError, match=message) as caught:
            list(source_of(content, file_name, **base_of(file_name)).chunks())
        assert len(str(caught.value)) < 1500

    assert peak_of(read_it) < 400


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no /dev/zero here")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_an_endless_device_is_refused_at_its_first_bytes(device):
    with pytest.raises(FileFormatError):
        open_source(device)


def test_numbers_without_an_end_on_standard_input_end_with_the_disk(monkeypatch):
    from fastbp.tables import source

    class Endless(io.BytesIO):
        def read(self, size=-1):
            return b"%d\n" % np.random.default_rng(0).integers(9) * (size // 2)

    monkeypatch.setattr(source, "_IN_MEMORY", 1 << 18)
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": Endless()}))
    with pytest.raises(FileFormatError, match="repeat one line"):
        open_source("-")
