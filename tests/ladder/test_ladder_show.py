"""`fastbp bench --show`: a rung's loops next to the specification's, and the compiler's remarks."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from ladder_cases import find
from source_tree import ROOT

from fastbp import reference
from fastbp.bench import assembly, compiler_remarks, compilers, show_rung
from fastbp.bench import ladder_row as rows
from fastbp.bench.ladder import COMPILED, LADDER
from fastbp.bench.ladder_row import Row
from fastbp.cli import main

BENCH = Path(show_rung.__file__).parent
BY_NAME = {row.name: row for row in COMPILED}
COMPILER = compiler_remarks.compiler_in(compiler_remarks.reports().get("axpy", ""))
by_gcc = pytest.mark.skipif(
    not COMPILER.startswith("gcc") or "-O3" not in COMPILER,
    reason="what is looked for are GCC's findings in an ordinary build",
)
every_rung = pytest.mark.parametrize("row", LADDER, ids=lambda row: row.name)


@pytest.mark.parametrize("row", COMPILED, ids=lambda row: row.name)
def test_every_rung_is_shown_beside_its_twin(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_rung.show(row) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{row.name}: {row.idea}\n\n")
    for part in ("Idea: ", "Expected: ", "Why: "):
        assert f"\n{part}" in out
    for loop in ("forward", "backward"):
        specified = inspect.getsource(getattr(reference, loop)).splitlines()
        assert "\n".join(specified[:2]) in out
    assert "z_j" in out


def test_every_line_of_a_loop_is_shown() -> None:
    text = (BENCH / "sources" / "axpy.pyx").read_text("utf-8")
    loops = show_rung.loops_in(BENCH / "sources" / "axpy.pyx")
    assert [loop.name for loop in loops] == ["forward", "backward", "accumulate"]
    for loop in loops:
        assert text.splitlines()[loop.first - 1 :][: len(loop.lines)] == loop.lines
        assert loop.lines[0].startswith(f"cdef void {loop.name}(")
        assert loop.lines[-1].startswith("    ")


def test_a_wide_terminal_has_two_columns() -> None:
    (forward, *_) = show_rung.loops_in(BENCH / "sources" / "axpy.pyx")
    left, right = show_rung.specified()["forward"], ["this rung", *forward.lines]
    narrow, wide = (show_rung.side_by_side(left, right, columns) for columns in (80, 250))
    assert any("z_j += w[l][j][k]" in line for line in wide)
    together = [line for line in wide if "def forward(x, w, b, g)" in line]
    assert len(together) == 1
    assert "cdef void forward" in together[0]
    assert len(wide) < len(narrow)


@by_gcc
@pytest.mark.parametrize(
    ("name", "loop", "remark"),
    [
        ("axpy", "forward", "vectorised: 16 bytes"),
        ("axpy", "backward", "one by one, in order"),
        ("reassociated", "backward", "vectorised: 16 bytes"),
        ("memoryviews-checked", "accumulate", "not vectorised"),
        ("memoryviews", "accumulate", "vectorised: 16 bytes"),
        ("pointers", "forward", "one by one, in order"),
    ],
)
def test_the_compiler_found_what_the_ladder_is_about(name: str, loop: str, remark: str) -> None:
    row = BY_NAME[name]
    module = show_rung.module_of(row)
    assert module is not None
    loops = {of.name: of for of in show_rung.loops_in(BENCH / str(row.source))}
    lines = loops[loop].shown("this rung", compiler_remarks.remarks_on(module))
    marks = [line.partition("<--")[2] for line in lines if "<--" in line]
    assert remark in marks[0 if loop == "accumulate" else -1]


def test_innermost_loops_alone_are_remarked() -> None:
    lines = ["for i in range(m):", "    for j in range(n):", "        z[j] = 0", "x = 1"]
    remarks = {("x.pyx", n): ["optimized: loop vectorized using 32 byte vectors"] for n in (7, 8)}
    assert show_rung.Loop("forward", Path("x.pyx"), 7, lines).shown("this rung", remarks) == [
        "this rung, x.pyx:7",
        lines[0],
        f"{lines[1]}  <-- vectorised: 32 bytes at a time",
        *lines[2:],
    ]


@pytest.mark.parametrize(
    ("remarks", "summary"),
    [
        (["optimized: loop vectorized using 16 byte vectors"], "vectorised: 16 bytes at a time"),
        (
            ["note: using an in-order (fold-left) reduction.", "optimized: 16 byte vectors"],
            "products in vectors, but added one by one, in order",
        ),
        (
            ["optimized: vectorized loop (vectorization width: 8, interleaved count: 2)"],
            "vectorised: 8 numbers at a time",
        ),
        (["missed: not vectorized: control flow."], "not vectorised: control flow"),
        (
            ["missed: loop not vectorized", "missed: loop not vectorized: unsafe order"],
            "not vectorised: unsafe order",
        ),
        (
            ["missed: not vectorized: a nest of two loops cannot be vectorized", "note: x"],
            "not vectorised: a nest of two loops cannot be vectorized",
        ),
        (["missed: loop not vectorized"], "not vectorised"),
        (["missed: written in vectors"], "written in vectors"),
    ],
)
def test_a_verdict_is_what_the_remarks_come_to(remarks: list[str], summary: str) -> None:
    assert compiler_remarks.summarize(remarks).summary == summary


@every_rung
def test_what_needs_a_package_is_shown_without_it(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = dict.fromkeys(("numba", "torch", "jax", "sklearn", "scipy"))
    for name, nothing in absent.items():
        monkeypatch.setitem(sys.modules, name, nothing)  # importing it raises ImportError
    monkeypatch.setattr(rows, "is_importable", lambda name: name not in absent)
    text = "\n".join(show_rung.page(row, 80))
    package = re.findall(r"^It does not run here: needs (.*?): pip install", text, re.M)
    assert package == [rows.PACKAGES.get(name, name) for name in row.needs if name in absent]


@pytest.mark.parametrize("columns", [60, 80, 250])
@every_rung
def test_prose_fits_the_terminal_and_keeps_its_words(row: Row, columns: int) -> None:
    prose = show_rung.heading(BENCH / str(row.source))
    wrapped = show_rung.wrapped(prose, columns)
    assert max(map(len, wrapped)) <= columns
    assert " ".join(wrapped).split() == " ".join(prose).split()
    for part in ("Idea: ", "Expected: ", "Why: "):
        assert sum(line.startswith(part) for line in wrapped) == 1
    if columns == 250:
        assert wrapped == prose


def test_a_rung_of_the_users_own_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text('"""Mine."""\n\nclass Mine:\n    def forward(self):\n        pass\n')
    assert main(["bench", "--rung", f"{path}:Mine", "--show", "mine"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("mine: your own: mine.py\n\nMine.\n")
    assert "this rung, mine.py:4\n    def forward(self):\n        pass\n" in out
    path.write_text("def Mine(:\n")
    assert main(["bench", "--rung", f"{path}:Mine", "--show", "mine"]) == 0
    assert "def Mine(:\n" in capsys.readouterr().out
    assert main(["bench", "--rung", "json.decoder:JSONDecoder", "--show", "jsondecoder"]) == 0
    assert "class JSONDecoder" in capsys.readouterr().out


def test_a_rung_of_somebody_else_is_shown_whole(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text('"""Mine."""\n\ndef fit(X):\n    return X\n')
    row = Row("mine", f"{path}:fit", "all mine", str(path))
    lines = list(show_rung.page(row, 80))
    assert lines[:9] == [
        "mine: all mine",
        "",
        "Mine.",
        "",
        str(path),
        *path.read_text().splitlines(),
    ]
    for loop in ("forward", "backward", "accumulate"):  # what it does in its own way
        assert "\n".join(inspect.getsource(getattr(reference, loop)).splitlines()) in "\n".join(
            lines
        )
    assert list(show_rung.page(Row("none", "x:y", "none", None), 80))[-1].startswith("Its source")


LISTING = [
    (0x10, "xor    %eax,%eax"),
    (0x12, "test   %rdi,%rdi"),
    (0x15, "jle    30 <f+0x20>"),
    (0x17, "mulps  (%rsi),%xmm0"),
    (0x1A, "addps  %xmm0,%xmm1"),
    (0x1D, "cmp    %rax,%rdi"),
    (0x20, "jne    17 <f+0x7>"),
    (0x22, "mulss  (%rsi),%xmm0"),
    (0x26, "je     30 <f+0x20>"),
    (0x28, "cmp    %rax,%rdx"),
    (0x2B, "jne    12 <f+0x2>"),
    (0x30, "ret"),
]


def test_the_busiest_loop_is_the_innermost_with_most_arithmetic() -> None:
    assert assembly.busiest_loop(LISTING) == [text for _, text in LISTING[3:7]]
    assert assembly.busiest_loop(LISTING[:3]) == []
    arm = [(0x0, "fmla v0.4s, v1.4s, v2.4s"), (0x4, "b.ne 0 <f>"), (0x8, "ret")]
    assert assembly.busiest_loop(arm) == [text for _, text in arm[:2]]


@by_gcc
def test_the_machine_code_of_a_rung_has_its_instructions() -> None:
    find("simd")
    compiled = show_rung.compiled_of(BY_NAME["simd"])
    assert compiled.code is not None
    lines = list(show_rung.machine_code(compiled.report, compiled.code, 80))
    assert lines[1].startswith("Built by gcc")
    if any("there is no objdump" in line for line in lines):
        pytest.skip("there is no objdump to disassemble the modules with")
    assert sum("the innermost loop of" in line for line in lines) == 3
    assert any(assembly.ARITHMETIC.match(line.strip()) for line in lines)


# ------------------------------------------------------------------------- the compiler's reports


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Any:
    """src/ladder/build_rungs.py, which setup.py uses."""
    if not (ROOT / "setup.py").exists():
        pytest.skip("the tests do not lie in a source tree")
    for folder in ("src", "src/simd", "src/ladder"):
        monkeypatch.syspath_prepend(str(ROOT / folder))
    import build_rungs

    yield build_rungs
    for name in ("build_rungs", "tiles", "sources"):
        sys.modules.pop(name, None)


GCC = """\
src/ladder/axpy.pyx:{loop}:37: optimized: loop vectorized using 16 byte vectors
src/ladder/axpy.pyx:{loop}:37: optimized: loop vectorized using 16 byte vectors
src/ladder/axpy.pyx:{loop}:37: missed: not vectorized: no vectype for stmt: x
src/ladder/axpy.pyx:{outer}:37: missed: not vectorized: multiple nested loops.
src/ladder/axpy.pyx:{outer}:37: note: not vectorized at all
src/ladder/axpy.pyx:1:37: optimized: loop vectorized using 16 byte vectors
src/ladder/axpy.pyx:9999:37: missed: not vectorized: Cython's own
elsewhere/axpy.pyx:{loop}:37: optimized: not ours
axpy.c:{loop}:3: optimized: not ours either
"""
CLANG = """\
--- !Passed
Pass:            loop-vectorize
Name:            Vectorized
DebugLoc:        {{ File: 'src/ladder/axpy.pyx', Line: {loop}, Column: 5 }}
Function:        f
Args:
  - String:          'vectorized loop (vectorization width: '
  - VectorizationFactor: '4'
  - String:          ')'
...
--- !Missed
Pass:            loop-vectorize
Name:            MissedDetails
DebugLoc:        {{ File: src/ladder/axpy.pyx, Line: {inside}, Column: 7 }}
Function:        f
Args:
  - String:          loop not vectorized
...
--- !Missed
Pass:            inline
DebugLoc:        {{ File: src/ladder/axpy.pyx, Line: {loop}, Column: 7 }}
Args:
  - String:          another matter
...
"""


def test_a_report_is_the_compilers_remarks_on_the_rungs_own_loops(build: Any) -> None:
    lines = (build.FOLDER / "axpy.pyx").read_text().splitlines()
    loops = [n for n, line in enumerate(lines, start=1) if line.lstrip().startswith("for ")]
    line_of_loop = {"outer": loops[0], "loop": loops[1], "inside": loops[1] + 1}
    assert build.report("gcc", GCC.format(**line_of_loop)) == (
        f"axpy.pyx:{loops[0]}: missed: not vectorized: multiple nested loops.\n"
        f"axpy.pyx:{loops[1]}: optimized: loop vectorized using 16 byte vectors\n"
    )
    passed, missed, other = CLANG.format(**line_of_loop).split("--- !")[1:]
    report = f"axpy.pyx:{loops[1]}: optimized: vectorized loop (vectorization width: 4)\n"
    assert build.report("clang", f"--- !{passed}--- !{missed}--- !{other}") == report
    assert build.report("clang", f"--- !{missed}") == (
        f"axpy.pyx:{loops[1]}: missed: loop not vectorized\n"
    )


def test_lines_of_cython_are_told_from_lines_of_a_rung(tmp_path: Path) -> None:
    source = tmp_path / "x.c"
    source.write_text('a\n#line 3 "x.pyx"\nb\n/* #### Code section: end ### */\nc\n')
    for _ in range(2):  # the second time there is nothing left to do
        compilers.restore_lines(source)
        lines = source.read_text().splitlines()
        assert lines[3:] == ["/* #### Code section: end ### */", '#line 6 "x.c"', "c"]
    pyx = tmp_path / "y.pyx"
    pyx.write_text("/* #### Code section")
    compilers.restore_lines(pyx)
    assert pyx.read_text() == "/* #### Code section"


def test_a_compiler_is_known_by_its_version() -> None:
    assert compilers.compiler_of(["/nowhere/cc"]) == ("", "")
    kind, version = compilers.compiler_of([sys.executable])
    assert kind == ""
    assert version.startswith("Python")
