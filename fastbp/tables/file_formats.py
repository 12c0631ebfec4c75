"""The table of file formats: how each is recognised, and what to do with what is not read."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SAS = bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
_PANDAS = "read it with pandas.{} and give the frame to fastbp.TableModel, or save it as CSV"


@dataclass(frozen=True)
class FileFormat:
    """A format of files.

    Attributes
    ----------
    name : str
        What it is, with its article.
    pattern : re.Pattern of bytes
        What its first bytes match.
    key : str
        The reader's name; empty if it is not read.
    remedy : str
        What to do instead.
    """

    name: str
    pattern: re.Pattern[bytes]
    key: str = ""
    remedy: str = ""


def _magic(name: str, *starts: bytes, key: str = "", remedy: str = "") -> FileFormat:
    pattern = re.compile(b"|".join(map(re.escape, starts)), re.DOTALL)
    return FileFormat(name, pattern, key, remedy)


def _binary(name: str, start: bytes, *, key: str = "", remedy: str = "") -> FileFormat:
    """Return a format whose mark is letters that a table may begin with too, but no text behind."""
    pattern = re.compile(re.escape(start) + rb"[^ -~\s\x80-\xff]")
    return FileFormat(name, pattern, key, remedy)


def _text(name: str, pattern: bytes, *, key: str = "", remedy: str = "") -> FileFormat:
    return FileFormat(name, re.compile(rb"(?i)(?:\xef\xbb\xbf)?" + pattern), key, remedy)


_UNPACK = "unpack it first, as with {}"
_EXPORT = "export it as CSV"

#: In the order in which they are tried; what none of them matches is delimited text.
FORMATS = (
    _binary("a Parquet file", b"PAR1", key="parquet"),
    _magic("an Arrow (Feather) file", b"ARROW1\0\0", key="arrow"),
    _magic("a file of Arrow's stream format", b"\xff\xff\xff\xff", key="arrow stream"),
    _binary("a Feather file of version 1", b"FEA1", remedy=_PANDAS.format("read_feather")),
    _magic("a gzip file", b"\x1f\x8b", key="gzip"),
    _magic("an Excel workbook or a zip archive", b"PK\x03\x04", b"PK\x05\x06", key="zip"),
    _magic("an old Excel workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", key="xls"),
    _magic(
        "compressed with bzip2",
        *(b"BZh%d1AY&SY" % i for i in range(1, 10)),
        remedy=_UNPACK.format("bunzip2"),
    ),
    _magic("compressed with xz", b"\xfd7zXZ\0", remedy=_UNPACK.format("unxz")),
    _magic("compressed with zstd", b"\x28\xb5\x2f\xfd", remedy=_UNPACK.format("unzstd")),
    _magic("compressed with lz4", b"\x04\x22\x4d\x18", remedy=_UNPACK.format("unlz4")),
    _magic("a 7-Zip archive", b"7z\xbc\xaf\x27\x1c", remedy=_UNPACK.format("7z x")),
    _magic("a RAR archive", b"Rar!\x1a", remedy=_UNPACK.format("unrar x")),
    _magic("an SPSS file", b"$FL2@(#)", b"$FL3@(#)", remedy=_PANDAS.format("read_spss")),
    _magic("a Stata file", b"<stata_dta>", remedy=_PANDAS.format("read_stata")),
    FileFormat(
        "a Stata file",
        re.compile(rb"[\x69-\x73][\x01\x02]\x01\0"),
        "",
        _PANDAS.format("read_stata"),
    ),
    FileFormat(
        "a SAS file", re.compile(b"\0{12}" + re.escape(_SAS)), "", _PANDAS.format("read_sas")
    ),
    _magic("a SAS transport file", b"HEADER RECORD*******", remedy=_PANDAS.format("read_sas")),
    _magic("an HDF5 file", b"\x89HDF\r\n\x1a\n", remedy=_PANDAS.format("read_hdf")),
    _magic(
        "a NumPy array (.npy)",
        b"\x93NUMPY",
        remedy="read it with numpy.load and give (X, names) to fastbp.TableModel, or save it with "
        "numpy.savetxt(..., delimiter=',')",
    ),
    _binary("an ORC file", b"ORC", remedy=_PANDAS.format("read_orc")),
    _magic("an Avro file", b"Obj\x01", remedy=_EXPORT),
    _magic(
        "R's saved data",
        b"RDX2\nX\n",
        b"RDX3\nX\n",
        b"X\n\0\0\0",
        b"RDA2\nA\n",
        b"RDA3\nA\n",
        remedy="in R, write it with write.csv(..., row.names = FALSE)",
    ),
    _magic(
        "an SQLite database",
        b"SQLite format 3\0",
        remedy="export a table of it: sqlite3 -header -csv FILE 'SELECT * FROM ...'",
    ),
    _magic("a PDF document", b"%PDF-", remedy=_EXPORT),
    _magic("a MATLAB file", b"MATLAB 5.0 MAT", remedy="write it with MATLAB's writetable"),
    FileFormat(
        "a Python pickle",
        re.compile(rb"\x80[\x02-\x05]"),
        "",
        "a pickle can run any program, so it is not read; load it yourself if you trust it, and "
        "give the frame to fastbp.TableModel",
    ),
    FileFormat(
        "an IDX file (MNIST's format)",
        re.compile(rb"\0\0[\x08-\x0e][\x01-\x04]"),
        "",
        "read it with fastbp.datasets, or give (X, names) to fastbp.TableModel",
    ),
    _magic(
        "an image",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF87a",
        b"GIF89a",
        b"II*\0",
        b"MM\0*",
        remedy="expected a table with one row a line",
    ),
    FileFormat(
        "a safetensors file, as fastbp's models are",
        re.compile(rb"(?s).{4}\0{4}\{\s*\""),
        "",
        "expected a table; the model is the first argument of fastbp predict, or of "
        "fastbp.TableModel.load",
    ),
    _text(
        "an ARFF file", rb"(?:[ \t\r]*(?:%[^\n]*)?\n)*[ \t]*@(?:relation|attribute)\b", key="arff"
    ),
    _text(
        "an HTML page",
        rb"\s*<(?:!doctype html|html|head|table)\b",
        remedy=_PANDAS.format("read_html"),
    ),
    _text("an XML document", rb"\s*<\?xml\b", remedy=_PANDAS.format("read_xml")),
    _text(
        "JSON lines",
        rb"\s*\{[^\n]*\}[ \t\r]*\n\s*\{",
        remedy=_PANDAS.format("read_json(..., lines=True)"),
    ),
    _text("JSON", rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"0-9-])", remedy=_PANDAS.format("read_json")),
    _text("a PostScript document", rb"%!PS", remedy=_EXPORT),
    _text(
        "a libsvm (svmlight) file",
        rb"(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*[-+]?[\d.,]+(?:e[-+]?\d+)?(?:[ \t]+qid:\d+)?"
        rb"(?:[ \t]+\d+:[-+.\w]+)+[ \t]*(?:#[^\n]*)?(?:\r?\n|$)",
        key="libsvm",
    ),
)

#: Endings of names, for what the first bytes do not tell.
ENDINGS = {
    ".arff": "arff",
    ".svm": "libsvm",
    ".libsvm": "libsvm",
    ".svmlight": "libsvm",
}


def recognise(start: bytes) -> FileFormat | None:
    """Return the format whose pattern the first bytes match; None for delimited text."""
    return next((form for form in FORMATS if form.pattern.match(start)), None)
