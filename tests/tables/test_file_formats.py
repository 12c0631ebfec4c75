"""Files that are no table that is read: each is named, with what to do."""

import bz2
import io
import json
import lzma
import os
import pickle
import re
import sqlite3
import struct
from pathlib import Path

import numpy as np
import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from opened_sources import columns_of, source_of

import fastbp
from fastbp.errors import FileFormatError
from fastbp.tables import file_formats
from fastbp.tables.open_source import READERS, ReadOptions, open_source


def npy():
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


def sqlite():
    connection = sqlite3.connect("made.db")
    connection.execute("create table t (a)")
    connection.commit()
    connection.close()
    return Path("made.db").read_bytes()


def model():
    fastbp.Network([2, 1]).save("made.safetensors")
    return Path("made.safetensors").read_bytes()


def stata(version):
    return struct.pack("<BBBB", version, 2, 1, 0) + bytes(100)


OTHERS = {
    "bzip2": (lambda: bz2.compress(b"a,b\n1,2\n"), "compressed with bzip2.*bunzip2"),
    "xz": (lambda: lzma.compress(b"a,b\n1,2\n"), "compressed with xz.*unxz"),
    "zstd": (lambda: b"\x28\xb5\x2f\xfd" + bytes(9), "compressed with zstd"),
    "7z": (lambda: b"7z\xbc\xaf\x27\x1c\0\4", "a 7-Zip archive"),
    "SPSS": (lambda: b"$FL2@(#) SPSS DATA FILE", r"an SPSS file.*pandas.read_spss"),
    "Stata 118": (lambda: b"<stata_dta><header><release>118", r"a Stata file.*pandas.read_stata"),
    "Stata 114": (lambda: stata(114), r"a Stata file.*pandas.read_stata"),
    "SAS": (
        lambda: bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011"),
        "a SAS file.*pandas.read_sas",
    ),
    "SAS transport": (lambda: b"HEADER RECORD*******LIBRARY HEADER", "a SAS transport file"),
    "HDF5": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(9), "an HDF5 file.*pandas.read_hdf"),
    "npy": (npy, "a NumPy array.*numpy.load"),
    "R": (lambda: b"RDX3\nX\n\0\0\0\3", "R's saved data.*write.csv"),
    "SQLite": (sqlite, "an SQLite database.*sqlite3 -header -csv"),
    "PDF": (lambda: b"%PDF-1.7\n", "a PDF document.*export it as CSV"),
    "MATLAB": (lambda: b"MATLAB 5.0 MAT-file", "a MATLAB file.*writetable"),
    "pickle": (lambda: pickle.dumps([1, 2]), "a Python pickle.*can run any program"),
    "IDX": (lambda: struct.pack(">HBBI", 0, 8, 1, 9) + bytes(9), "an IDX file"),
    "PNG": (lambda: b"\x89PNG\r\n\x1a\n", "an image"),
    "model": (model, "a safetensors file, as fastbp's models are"),
    "HTML": (lambda: b"<!DOCTYPE html>\n<html>", "an HTML page.*pandas.read_html"),
    "XML": (lambda: b'<?xml version="1.0"?>\n<a/>', "an XML document.*pandas.read_xml"),
    "JSON": (lambda: json.dumps([{"a": 1}]).encode(), "JSON, .*pandas.read_json"),
    "JSON of columns": (lambda: json.dumps({"a": [1]}, indent=1).encode(), "JSON, "),
    "JSON lines": (lambda: b'{"a": 1}\n{"a": 2}\n', "JSON lines, .*lines=True"),
    "Feather 1": (lambda: b"FEA1\0\0\0\0", "a Feather file of version 1"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_format_is_named_with_a_remedy(name):
    make, message = OTHERS[name]
    with pytest.raises(FileFormatError, match=f"^table.csv is {message}"):
        source_of(make())


@pytest.mark.parametrize(
    "first",
    ["PAR1", "FEA1", "ORC", "ARROW1", "BZh", "Obj", "RDX3", "A", "MATLAB", "II", "PK", "json",
     "GIF", "HEADER", "{x}", "[a]", "12345678{", "@home", "%", "<a>", "relation"],
)  # fmt: skip
def test_a_name_that_looks_like_a_format_is_a_name(first):
    assert source_of(f"{first},b\n1,2\n3,4\n").names == (first, "b")


@pytest.mark.parametrize("folder", [".", "/dev/null"])
def test_what_is_no_file_with_a_table_is_said(folder):
    if not os.path.exists(folder):
        pytest.skip(f"there is no {folder} here")
    with pytest.raises(FileFormatError, match=r"is a folder|is empty"):
        open_source(folder)


def test_a_file_that_is_not_there_is_an_os_error():
    with pytest.raises(FileNotFoundError):
        open_source("none.csv")


def test_every_format_is_read_or_has_a_remedy():
    for form in file_formats.FORMATS:
        assert form.name.split()[0] in {"a", "an", "compressed", "JSON", "R's"}
        assert bool(form.remedy) != bool(form.key)
        assert form.key in {"", "gzip", *READERS}
    assert set(file_formats.ENDINGS.values()) <= set(READERS)


def test_the_page_lists_every_format():
    page = Path(__file__).parents[2] / "docs/tables.md"
    if not page.exists():
        pytest.skip("the pages are not here")
    text = page.read_text("utf-8")
    for word in re.findall(r"\w+", "ARFF libsvm Excel Parquet Feather gzip Orange"):
        assert word in text


def test_a_remedy_in_pandas_works():
    pd = pytest.importorskip("pandas")
    content = json.dumps([{"a": 1, "b": 2}, {"a": 3, "b": 4}])
    with pytest.raises(FileFormatError, match=r"read it with pandas.read_json"):
        source_of(content)
    pd.read_json("table.csv").to_csv("new.csv", index=False)
    assert columns_of(open_source("new.csv")) == {"a": [1, 3], "b": [2, 4]}


@pytest.mark.parametrize(
    ("content", "option", "takes"),
    [
        ("a,b\n1,2\n", {"base": 1}, "it takes delimiter (--delimiter) and header (--header) and"),
        ("a,b\n1,2\n", {"sheet": "first"}, "it takes delimiter"),
        (
            "@relation r\n@attribute a numeric\n@data\n1\n",
            {"delimiter": ";"},
            "takes skip (--skip)",
        ),
        ("@relation r\n@attribute a numeric\n@data\n1\n", {"header": False}, "an ARFF file"),
        ("1 1:2 2:3\n", {"sheet": 1}, "takes skip (--skip) and base (--base)"),
    ],
)
def test_an_option_of_another_format_is_refused(tmp_path, content, option, takes):
    path = tmp_path / ("t.libsvm" if content.startswith("1 1") else "t.txt")
    path.write_text(content)
    (name,) = option
    with pytest.raises(
        ValueError, match=f"{name} .--{name}. means nothing; leave it out"
    ) as caught:
        open_source(path, ReadOptions(**option))
    assert takes in str(caught.value)
