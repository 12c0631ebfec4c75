"""`fastbp bench --rung kern.pyx`: a Cython file is compiled, proved, timed and shown."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import refused
from ways_in import run_python

from fastbp.bench import custom_rungs, cython_build, show_rung
from fastbp.bench.assembly import functions_of
from fastbp.bench.compiler_remarks import compiler_in, reports
from fastbp.bench.compilers import compiler_of
from fastbp.bench.cython_errors import CompilationError
from fastbp.bench.reading import load
from fastbp.cli import main

for package in ("Cython", "setuptools"):
    pytest.importorskip(package, reason=f"a Cython file is compiled by {package}")
try:
    cython_build.command_of("")
except ValueError as error:
    pytest.skip(str(error), allow_module_level=True)

SOURCES = Path(show_rung.__file__).parent / "sources"
POINTERS = SOURCES / "pointers.pyx"
SUM = "                z_j += w[j * n_in + k] * below[i * n_in + k]\n"  # a line of POINTERS


def bench(*arguments: Any, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `fastbp bench` with little time."""
    small = ("--rungs", "c", "--sizes", "5-4-3", "--seconds", "0.1")
    return run_python("-m", "fastbp", "bench", *small, *map(str, arguments), cwd=cwd)


def test_a_cython_file_is_proved_and_timed_once_for_each_flags(tmp_path: Path) -> None:
    # As an editor on Windows would write it, under a name that no module can have.
    crlf = POINTERS.read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "my-kern 2.pyx").write_bytes(crlf)
    flags = ("--cflags=-O2", "--cflags=-O3 -funroll-loops")
    written = ("--json", "a.json", "--html", "a.html")
    completed = bench("--rung", "my-kern 2.pyx", *flags, *written, cwd=tmp_path)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    results = c, first, second = load(tmp_path / "a.json").results
    assert [r.rung for r in results] == ["c", "my-kern-2 -O2", "my-kern-2 -O3 -funroll-loops"]
    assert all(result.status == "timed" and result.proved for result in results)
    # The file of results has compiler and flags; -ffp-contract=off is every rung's.
    assert (c.compiler, c.flags) == (None, None)
    assert first.compiler
    assert first.compiler == second.compiler
    assert "-ffp-contract=off" in str(first.flags)
    assert str(first.flags).split()[-1:] == ["-O2"]
    assert str(second.flags).split()[-2:] == ["-O3", "-funroll-loops"]
    # Nothing else is written beside the Cython file.
    assert {path.name for path in tmp_path.iterdir()} == {"my-kern 2.pyx", "a.json", "a.html"}


@pytest.mark.parametrize("name", ["pointers", "memoryviews"])
def test_the_same_loops_become_the_same_instructions_as_in_the_ladder(name: str) -> None:
    """So they take the same time, whatever a busy machine shows."""
    if shutil.which("objdump") is None:
        pytest.skip("there is no objdump to disassemble the modules with")
    (row,) = custom_rungs.from_options([str(SOURCES / f"{name}.pyx")])
    assert row.build is not None
    if compiler_in(reports().get(name, "")) != compiler_in(row.build.report):
        pytest.skip("fastbp was built by another compiler, or with other flags")
    spec = importlib.util.find_spec(f"fastbp.bench._{name}")
    assert spec is not None
    assert spec.origin is not None
    own, of_ladder = (instructions(file) for file in (row.build.module, Path(spec.origin)))
    assert len(own) == 6  # three loops of float, and of double
    assert own == of_ladder


def instructions(module: Path) -> dict[str, list[str]]:
    """The instructions of a module's loops, without addresses."""
    loops = {}
    for function, code in functions_of(module).items():
        if loop := re.search(
            r"(fuse_[01])_.*_((?:forward|backward|accumulate)(_views)?)$", function
        ):
            lines = (re.sub(r"-?0x\w+\(%rip\).*", "(%rip)", line) for _, line in code)
            loops[loop[1] + loop[2]] = [re.sub(r"\w+ <.*?(\+\w+)?>", r"\1", line) for line in lines]
    return loops


@pytest.fixture
def kern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the ladder's loops over pointers, in the working folder."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copy(POINTERS, "kern.pyx"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rung", "nowhere.pyx"], "there is no file nowhere.pyx"),
        (["--rung", "folder.pyx"], "folder.pyx is a folder; --rung needs the name of a Cython"),
        (["--rung", "kern.pyx:forward"], "a Cython file is given by its name alone: --rung kern"),
        (["--rung", "kern.pyx", "--cc", "gcc", "no-cc"], "there is no compiler 'no-cc'; name"),
        (["--rung", "kern.pyx", "--cc", "'gcc"], '--cc "\'gcc": no closing quotation'),
        (["--rung", "kern.pyx", "--cflags='-O2"], '--cflags "\'-O2": no closing quotation'),
        (["--cc", "gcc"], "--cc is for Cython files alone, and none is given; add --rung"),
        (["--cflags=-O2"], "--cflags is for Cython files alone, and none is given; add --rung"),
        (["--before", "fit"], "--before is for rungs of your own, and none is given; add --rung"),
        (["--before", "fit", "--rungs", "c"], "--before fit is not timed; add it to --rungs"),
        (["--show", "c", "--before", "fit"], "--before fit: that rung's file has no loops to show"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_compiled(
    arguments: list[str],
    message: str,
    kern: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("folder.pyx").mkdir()
    monkeypatch.setattr(cython_build, "translated", None)
    assert message in refused(capsys, "bench", *arguments)


def test_a_file_that_has_changed_is_compiled_again(
    kern: Path,
) -> None:
    text = kern.read_text("utf-8")
    kern.write_text(text.replace("z_j += w[", "z_j += v["), encoding="utf-8")
    with pytest.raises(CompilationError, match="undeclared name"):
        custom_rungs.from_options(["kern.pyx"])
    kern.write_text(text, encoding="utf-8")
    assert [row.name for row in custom_rungs.from_options(["kern.pyx"])] == ["kern"]
    kern.write_text("", encoding="utf-8")
    with pytest.raises(CompilationError, match="hands over no loops"):
        custom_rungs.from_options(["kern.pyx"])


def test_a_missing_tool_is_named_with_its_remedy(
    kern: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cython_build, "is_importable", lambda name: name != "Cython")
        message = refused(capsys, "bench", "--rung", "kern.pyx")
        assert "needs Cython: pip install cython setuptools" in message
    monkeypatch.setenv("CC", "no-such-cc")
    message = refused(capsys, "bench", "--rung", "kern.pyx")
    assert "needs a C compiler, and there is no 'no-such-cc'; CC or --cc names another" in message


# ---------------------------------------------------------------------------- files with mistakes

FORWARD = "cdef void forward(const real *w, const real *b, const real *below, real *z,"
MISTAKES = {
    "no colon": ("for k in range(n_in):", "for k in range(n_in)", "kern.pyx, line 25: Expected"),
    "no such name": ("z_j += w[", "z_j += v[", "kern.pyx, line 26: undeclared name not builtin: v"),
    "no cimport": ("from loops cimport *", "", "\nbegin the file with: from loops cimport *"),
    "no include": ('include "both.pxi"', "", 'must be include "both.pxi" for loops over pointers'),
    "no function": (
        "cdef void forward(",
        "cdef void forwards(",
        "\nboth.pxi needs a function forward (kern.pyx: it has none) that is declared so:\n  "
        + FORWARD,
    ),
    "no K_MAJOR": ("cdef bint K_MAJOR = False", "", "\nsay how w lies, before the include: cdef"),
    "not fused": (
        "const real *w, const real *b, const real *below, real *z",
        "const float *w, const float *b, const float *below, float *z",
        "\nboth.pxi needs a function forward (kern.pyx: line 18) that is declared so:\n  "
        + FORWARD,
    ),
}


REFUSED_BY_GCC = {
    "more arguments": ("real *z,", "real *z, double more,", "both.pxi, line 9: the function has"),
    "other arguments": ("Py_ssize_t m, ", "int m, ", "both.pxi, line 9: the function has other"),
    "no header": (
        "from loops",
        'cdef extern from "no.h":\n    int no()\nfrom loops',
        "no.h: No such file or directory",
    ),
}


@pytest.mark.parametrize(
    "mistake", [*MISTAKES, *(pytest.param(name, marks=pytest.mark.slow) for name in REFUSED_BY_GCC)]
)
def test_a_mistake_is_told_with_its_line_and_its_remedy(
    mistake: str, kern: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if mistake in REFUSED_BY_GCC and compiler_of(cython_build.command_of(""))[0] != "gcc":
        pytest.skip("the messages are GCC's")
    right, wrong, message = (MISTAKES | REFUSED_BY_GCC)[mistake]
    text = kern.read_text("utf-8")
    assert right in text
    kern.write_text(text.replace(right, wrong), encoding="utf-8")
    assert main(["bench", "--rung", "kern.pyx"]) == 1
    out, error = capsys.readouterr()
    assert message in error
    assert not out  # nothing was timed
    assert error.count("\n") < 10


def test_flags_that_the_compiler_or_the_linker_refuses_are_not_blamed_on_a_line(
    kern: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for flag in ("-fnonsense", "-Wl,--nope", "-lnowhere"):
        assert main(["bench", "--rung", "kern.pyx", f"--cflags={flag}"]) == 1
        error = capsys.readouterr().err
        assert "kern.pyx is not compiled" in error
        assert "names no line of it" in error
        assert re.search("nonsense|nope|nowhere", error)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\x00" * 9, b"z_j = 0\n"])
def test_what_holds_no_loops_is_told(
    content: bytes, kern: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kern.write_bytes(content)
    assert main(["bench", "--rung", "kern.pyx"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("fastbp bench: kern.pyx ")
    assert "Traceback" not in error


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("pointers.pyx", "z_j = b[j]", "z_j = -b[j]"),
        ("pointers.pyx", "z_j += w[j", "z_j -= w[j"),
        ("axpy.pyx", "w[k * n_out + j] * delta[i * n_out + j]", "w[k * n_out + j] * delta[i]"),
        ("c_loops.h", "+= delta[i * n_out + j] * a_k", "-= delta[i * n_out + j] * a_k"),
    ],
)
def test_loops_that_are_wrong_are_found_wrong(
    file: str, right: str, wrong: str, tmp_path: Path
) -> None:
    text = (SOURCES / file).read_text("utf-8")
    assert text.count(right) == 1
    shutil.copy(SOURCES / "c.pyx", tmp_path)  # includes c_loops.h
    (tmp_path / file).write_text(text.replace(right, wrong), encoding="utf-8")
    rung = "c.pyx" if file == "c_loops.h" else file
    completed = bench("--rung", rung, cwd=tmp_path)
    assert completed.returncode == 1
    assert f"WRONG: own-{rung.removesuffix('.pyx')}: " in completed.stdout


# ----------------------------------------------------------------------------------------- --show


@pytest.fixture
def yellow(kern: Path) -> Path:
    """A file in which one line of a loop counts in a Python object."""
    text = kern.read_text("utf-8").replace(" noexcept nogil", " noexcept")
    text = text.replace(SUM, f"{SUM}                count = count + 1\n")
    text = text.replace("    cdef real z_j\n", "    cdef real z_j\n    cdef object count = 0\n")
    kern.write_text(text, encoding="utf-8")
    return kern


def test_a_loop_that_raises_has_failed_and_its_line_is_told(tmp_path: Path) -> None:
    text = (SOURCES / "memoryviews.pyx").read_text("utf-8")
    start = text.index("cdef void accumulate(")
    body = text.index("    cdef ", start)
    text = text[:body] + "    dw[5000, 0] = 1\n" + text[body:]
    (tmp_path / "mine.pyx").write_text(f"# cython: boundscheck=True\n{text}", "utf-8")
    line = text[:body].count("\n") + 2
    (tmp_path / "elsewhere").mkdir()
    completed = bench("--rung", "../mine.pyx", cwd=tmp_path / "elsewhere")
    assert completed.returncode == 1
    message = " ".join(completed.stdout.split())
    assert "FAILED: mine: IndexError: Out of bounds on buffer access" in message
    assert f"(mine.pyx, line {line}, in accumulate)" in message


def test_a_cython_file_is_shown_with_annotation_remarks_and_machine_code(
    yellow: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert main(["bench", "--rung", "kern.pyx", "--show", "kern", "--before", "pointers"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("kern: your own: kern.pyx\n\nAddresses and sizes")
    lines = {"before": SUM.rstrip(), "kern": "count = count + 1"}
    (line,) = [line for line in out.splitlines() if lines["kern"] in line]
    assert re.search(r"count \+ 1  <-- Python: [1-9]\d*$", line)
    assert '"Python: N" marks a line whose C code calls Python' in out
    assert "pointers, pointers.pyx:18" in out
    assert "this rung, kern.pyx:18" in out
    assert "this rung and pointers, pointers.pyx:30" not in out  # noexcept nogil
    assert "the specification" not in out
    if compiler_of(cython_build.command_of(""))[0]:
        assert out.count("vectorised: ") >= 2  # `accumulate` of both
    assert "\nBuilt by " in out
    assert "the innermost loop of accumulate, compiled:" in out or "no objdump" in out


def test_loops_without_python_are_shown_beside_the_specification(
    kern: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--rung", "kern.pyx", "--show", "kern"]) == 0
    out = capsys.readouterr().out
    assert "Cython's annotation: no line of the loops calls Python." in out
    assert "the specification, reference.py:" in out
    assert "Python: " not in out.replace("Cython's annotation: ", "")


def test_a_helper_with_a_loop_is_shown_with_its_remarks(
    kern: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = kern.read_text("utf-8")
    helper = """
cdef inline real dot(const real *x, const real *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    cdef real total = 0
    for k in range(n):
        total += x[k] * y[k]
    return total


"""
    start = text.index("cdef void forward(")
    text = text[:start] + helper.lstrip() + text[start:]
    inner = "            for k in range(n_in):\n" + SUM
    assert inner in text
    call = "            z_j += dot(w + j * n_in, below + i * n_in, n_in)\n"
    kern.write_text(text.replace(inner, call), "utf-8")
    assert main(["bench", "--rung", "kern.pyx", "--show", "kern"]) == 0
    out = capsys.readouterr().out
    assert "this rung, kern.pyx:" in out
    assert "cdef inline real dot(" in out
    outer = next(
        line for line in out.splitlines() if line.startswith("        for j in range(n_out):")
    )
    assert "<--" not in outer  # its loop is in the helper


def test_a_helper_stands_beside_no_loop_of_another_rung(
    kern: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tiles' loop is a product, which has no name of the specification's either.
    monkeypatch.setenv("COLUMNS", "400")
    helper = "cdef void clear(real *x, Py_ssize_t n) noexcept nogil:\n    for n in range(n):\n"
    text = kern.read_text("utf-8")
    start = text.index("cdef void forward(")
    kern.write_text(f"{text[:start]}{helper}        x[n] = 0\n\n\n{text[start:]}", "utf-8")
    assert main(["bench", "--rung", "kern.pyx", "--show", "kern", "--before", "tiles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("cdef void clear(real *x") for line in lines)
