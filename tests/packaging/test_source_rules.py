"""Nothing in src/ loses an exception (row 75), a fraction, or time over exceptions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from source_tree import ROOT
from test_build import COMPLAINT

SRC = ROOT / "src"
# The sources that meet Python objects; all others hold kernels, which raise nothing.
MEET_PYTHON = {
    "engine/boundary.pyx",
    "engine/custom_activations.pxi",
    "engine/custom_loss.pxi",
    "engine/array_views.pxi",
    "engine/layer_calls.pxi",
    "engine/nesting.pxi",
    "engine/one_sample.pxi",
    "engine/workspace.pxi",
    "engine/zeroed_memory.pxi",
    "engine/plan.pxi",
    "engine/machine_peak.pxi",
    "engine/locks.pxi",
    "engine/cpu.pyx",
    "ladder/driver.pyx",
    "ladder/blas.pyx",
}
# Rungs of memoryviews: that an index is checked, and raises, is the idea of one of them.
MAY_RAISE = {"ladder/memoryviews.pyx", "ladder/memoryviews_checked.pyx", "ladder/views.pxi"}
SOURCES = sorted(path.relative_to(SRC).as_posix() for path in SRC.rglob("*.p[yx][xid]"))
FUNCTION = re.compile(r"^( *)cdef [^\n=]*?\b(\w+)\([^)]*\)([^\n:]*):\n((?:\1 +[^\n]*\n|\n)+)", re.M)

ALL_SOURCES = [*SOURCES, "ladder/pure_mode.py"]
# A C function that is written or declared, or a pointer to one: its type, its name, and what stands
# behind its arguments.
ARGUMENTS = r"\(((?:[^()]|\([^()]*\))*)\)"  # which may hold brackets once more
ANY_FUNCTION = re.compile(
    rf"^ *(?:cdef|cpdef|ctypedef) ([^\n=(]*?)\(?\*? ?\b(\w+)\)?{ARGUMENTS}([^\n:]*)", re.M
)
CDEF_CLASS = re.compile(r"^ *cdef class (\w+)", re.M)
# What a function may give that is a Python object: NULL then says that it raised.
OBJECTS = {"object", "bytes", "str", "list", "tuple", "dict", "set"}
DEF = re.compile(rf"^ *(?:def +|cpdef +[^\n(]*?)\b(\w+){ARGUMENTS}", re.M)
# Integers into which Cython converts with __index__, as Python does: 2.7 is a TypeError.
WHOLE = {"Py_ssize_t", "bint"}
# Cython, up to 3.3 at least, converts to all others with __int__, which makes 2 of 2.7.
TRUNCATING = re.compile(
    r"\b(?:int|long|short|char|unsigned|signed|size_t|u?int(?:ptr|\d+)_t|\w+Id)\b"
)

pytestmark = pytest.mark.skipif(not SRC.exists(), reason="the tests do not lie in a source tree")


def functions(text: str) -> list[tuple[str, str, str]]:
    """Name, what stands behind the arguments, and body of each C function."""
    return [match.group(2, 3, 4) for match in FUNCTION.finditer(text)]


def swallowed(text: str) -> list[str]:
    """What could raise inside a function that has no way to tell."""
    declarations = functions(text)
    raising = {name for name, promise, _ in declarations if "noexcept" not in promise}
    calls = "|".join(sorted(raising)) or "(?!)"
    return [
        f"{name}: {line.strip()}"
        for name, promise, body in declarations
        if "noexcept" in promise
        for line in body.splitlines()
        if "nogil" not in promise
        or re.search(rf"with gil|\braise\b|(?<!kernels\.)\b({calls})\(", line)
    ]


@pytest.mark.parametrize("name", sorted(MEET_PYTHON))
def test_row_75_noexcept_is_for_what_cannot_raise(name: str) -> None:
    text = (SRC / name).read_text()
    assert len(functions(text)) == len(re.findall(r"^ *cdef [\w *]+\(", text, re.M))  # all read
    assert not swallowed(text)


def test_row_75_a_swallowed_exception_is_found() -> None:
    text = """
cdef int look(self, int n) except -1:
    return n

cdef int careless(self, int n) noexcept nogil:
    return self.look(n)

cdef int worse(self, int n) noexcept:
    return n
"""
    assert swallowed(text) == ["careless: return self.look(n)", "worse: return n"]


@pytest.mark.parametrize("name", sorted(set(SOURCES) - MEET_PYTHON - MAY_RAISE))
def test_row_75_kernels_are_noexcept_nogil(name: str) -> None:
    text = (SRC / name).read_text()
    assert "except " not in text.replace("noexcept ", "")
    for function, promise, _ in functions(text):
        assert "noexcept" in promise, function


def without_exception_specification(text: str, classes: set[str]) -> list[str]:
    """Functions that give C values, and leave Cython to choose how they tell of an exception."""
    return [
        name
        for kind, name, _, promise in (match.groups() for match in ANY_FUNCTION.finditer(text))
        if not re.search(r"\b(no)?except\b", promise)
        and kind.replace("inline", "").strip() not in OBJECTS | classes
    ]


def dropping_fractions(text: str) -> list[str]:
    """Parameters of Python functions that make 2 of 2.7 and tell nobody."""
    return [
        f"{name}: {parameter.strip()}"
        for name, parameters in (match.groups() for match in DEF.finditer(text))
        for parameter in parameters.split(",")
        if TRUNCATING.search(re.sub(r"=.*", "", parameter, flags=re.S))
    ]


CLASSES = {
    name
    for name_of_source in SOURCES
    for name in CDEF_CLASS.findall((SRC / name_of_source).read_text())
}


@pytest.mark.parametrize("name", ALL_SOURCES)
def test_every_c_function_says_how_it_tells_of_an_exception(name: str) -> None:
    # Else Cython takes -1 for a sign that one may be pending: a function that returns -1.0 is then
    # 5 to 300 times slower, and one that returns nothing is asked after every call.
    text = (SRC / name).read_text()
    assert len(ANY_FUNCTION.findall(text)) >= len(functions(text))
    assert not without_exception_specification(text, CLASSES)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cdef double mean(double x, double y):", ["mean"]),
        ("cdef inline real *row(View view, Py_ssize_t i) nogil:", ["row"]),
        ("    cpdef void move(self, double x=max(1, 2),\n                  int y=3):", ["move"]),
        ("cdef int look(int n)", ["look"]),
        ("ctypedef void (*move_t)(const void *x) nogil", ["move_t"]),
        ("cdef double mean(double x) noexcept nogil:", []),
        ("cdef int look(self, n) except? -1:", []),
        ("cdef View rows_of(self, array):", []),
        ("cdef inline list names(self):", []),
        ("cdef double x = mean(y)", []),
    ],
)
def test_a_c_function_without_exception_specification_is_found(
    line: str, expected: list[str]
) -> None:
    assert without_exception_specification(f"{line}\n    pass\n", {"View"}) == expected


@pytest.mark.parametrize("name", ALL_SOURCES)
def test_no_python_function_drops_a_fraction(name: str) -> None:
    assert not dropping_fractions((SRC / name).read_text())


@pytest.mark.parametrize(
    "parameter",
    [
        *("n: int", "n: int | None = None", "n: cython.int", "int n", "unsigned long n=1"),
        *("size_t n", "uint64_t n", "LossId loss"),
    ],
)
@pytest.mark.parametrize("start", ["def fit(", "    def fit(self, X,\n        ", "cpdef int fit("])
def test_a_parameter_that_drops_a_fraction_is_found(start: str, parameter: str) -> None:
    text = f"{start}{parameter}, double x=int(2), *, n_threads=1):\n    pass\n"
    assert dropping_fractions(text) == [f"fit: {parameter}"]
    for type_name in WHOLE:
        assert not dropping_fractions(f"{start}{type_name} n, interval=None):\n    pass\n")


@pytest.mark.slow
def test_whether_cython_drops_a_fraction_depends_on_the_type(tmp_path: Path) -> None:
    # Where this fails, Cython has become stricter, and the rule above may go.
    pytest.importorskip("Cython", reason="its conversions are looked at")
    pytest.importorskip("setuptools", reason="pyximport needs it")
    (tmp_path / "kinds.pyx").write_text(
        "# cython: language_level=3\n"
        "def annotated(n: int): return n\ndef typed(int n): return n\n"
        "def whole(Py_ssize_t n): return n\n"
    )
    program = (
        "import pyximport; pyximport.install(build_dir='.', language_level=3)\n"
        "import kinds; print(kinds.annotated(2.7), kinds.typed(2.7))\n"
        "try: kinds.whole(2.7)\n"
        "except TypeError: print('TypeError')\n"
    )
    completed = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert completed.stdout.split() == ["2", "2", "TypeError"], completed.stderr


def test_row_75_performance_hints_are_complaints(tmp_path: Path) -> None:
    # test_build.py fails on what this matches in the output of a build.
    (tmp_path / "slow.pyx").write_text(
        "cdef void checked() nogil:\n    pass\n\ncdef void loop() noexcept nogil:\n    checked()\n"
    )
    pytest.importorskip("Cython", reason="the hints are Cython's")
    completed = subprocess.run(
        [sys.executable, "-m", "cython", "-3", "slow.pyx"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    assert re.search(COMPLAINT, completed.stdout), completed.stdout
