"""Every name in the compiled sources is defined; each .pxi says what it needs and what it gives.

An include is text: a .pxi uses what other files of the same module define. Its needs are also those
of the files that it includes itself.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import pytest
from include_reader import Sources
from source_tree import ROOT, needs_tree

SRC = ROOT / "src"
INCLUDED = sorted(path.name for path in SRC.rglob("*.pxi"))
TUNED_RUNGS = ("simd", "tiles")  # as in setup.py
LONG_LIST = 12  # names: where more are given, fewer exceptions are listed instead

pytestmark = needs_tree


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """The files of src/ and all that the build writes, for every kernel set."""
    folder = tmp_path_factory.mktemp("generated")
    with pytest.MonkeyPatch.context() as patch:
        for part in ("ladder", "simd", "."):
            patch.syspath_prepend(SRC / part)
        import build_rungs
        import tiles

        import operation_files
        import sets
        from sources import FILES, write_if_new

        for name, text in (operation_files.texts() | sets.table_files()).items():
            write_if_new(folder / name, text)
        patch.setattr(sys, "platform", "linux")
        for machine in {machine for machine, *_ in sets.KERNEL_SETS.values()}:
            patch.setattr(sets, "target", lambda machine=machine: machine)
            for name, shape, *_ in [*sets.tuned_sets(), *sets.bfloat16_sets()]:
                tiles.write(folder, name, *shape)
            for name, shape, *_ in sets.tuned_sets():
                for rung in TUNED_RUNGS:
                    build_rungs.write_tuned(folder, rung, name, *shape)
    written = {path.name: path for path in folder.iterdir()}
    return Sources(FILES | written, set(written))


def needs(sources: Sources, name: str) -> str:
    """What a file needs, as its head has it: in every module; in one or another."""
    ways = sources.needs(name)
    always = frozenset.intersection(*ways)
    text = ", ".join(sorted(always, key=lambda part: ("." in part, part.lower())))
    if len(ways) > 1:
        text += "; " + ", or ".join(sorted(" and ".join(sorted(way - always)) for way in ways))
    return text.removeprefix("; ") or "nothing"


def gives(sources: Sources, name: str) -> list[str]:
    """What a file gives, in the two forms that its head may have; the better one is the first."""
    given, others = sources.gives(name)
    names = ", ".join(sorted(given, key=str.lower)) or "nothing"
    exceptions = f" but {', '.join(sorted(others, key=str.lower))}" if others else ""
    everything = f"everything below{exceptions}"
    if len(given) > max(LONG_LIST, len(others)):
        return [everything, names]
    return [names, everything]


def head(needs: str, gives: str) -> str:
    """The last lines of the comment that a file begins with."""
    lines = (f"Needs: {needs}.", f"Gives: {gives}.")
    return "".join(
        textwrap.fill(line, 100, initial_indent="# ", subsequent_indent="#   ") + "\n"
        for line in lines
    )


def test_every_name_that_is_used_is_defined_in_the_same_module(sources: Sources) -> None:
    modules = [name for name in sources.files if name.endswith(".pyx")]
    assert not [line for module in modules for line in sources.undefined(module)]
    assert {name for module in modules for name in sources.included(module)} >= {*INCLUDED}


@pytest.mark.parametrize("name", INCLUDED)
def test_a_file_begins_with_what_it_needs_and_what_it_gives(name: str, sources: Sources) -> None:
    text = sources.files[name].read_text("utf-8")
    comment = re.match(r"(#.*\n)*", text)[0]
    right = [head(needs(sources, name), form) for form in gives(sources, name)]
    assert any(comment.endswith(f"#\n{each}") for each in right), (
        f"{name}: the comment at its top should end with\n#\n{right[0]}"
    )


def sources_of(folder: Path, **texts: str) -> Sources:
    """A source tree: module.pyx, and .pxi and .pxd files."""
    for name, text in texts.items():
        (folder / name.replace("_p", ".p")).write_text(text)
    return Sources({path.name: path for path in folder.iterdir()}, set())


MODULE = """
from libc.math cimport sqrt
from table cimport *

include "a.pxi"
include "b.pxi"
"""
TABLE = "cdef enum:\n    LINE = 64\n\nctypedef struct Row:\n    double *data\n"
HALF = "cdef inline double half(double x) noexcept nogil:\n    return x / 2\n"


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("cdef int f(Row *r) noexcept:\n    return sqrt(half(r.data[0])) + LINE", []),
        ("cdef int f(Row *r) noexcept:\n    return third(r.data[0])", ["third"]),
        ("cdef int f(Row *r) noexcept:\n    return r.third(0) + LINES", ["LINES"]),
        ("cdef int f(Rows *r) noexcept:\n    return 0", ["Rows"]),
        ("cdef double third = quarter(1,\n    4)", ["quarter"]),
        ("def f(x):\n    return f'no {third(x)}: third()'  # third()", ["third"]),
        (
            "cdef class Rows:\n    cdef Rowz rows\n    def f(self):\n        return g(1)",
            ["Rowz", "g"],
        ),
        ("cdef Row rows[2]\nrows[0] = ROW", ["ROW"]),
        ("if LINE:\n    third()", ["third"]),
        ("from table cimport Column", ["Column"]),
        ("ctypedef fused rows:\n    Row\n    Rows", ["Rows"]),
        ("cdef extern from 'x.h':\n    int third(Rows *r)\n\nthird()", ["Rows"]),
        ("cdef int f(double (*g)(int)) noexcept:\n    cdef int h = 1\n    return g(h)", []),
        ("def f(x):\n    for a, b in x:\n        c = [a(b, y=d) for d in x]\n    return c()", []),
    ],
)
def test_a_missing_definition_is_found(code: str, missing: list[str], tmp_path: Path) -> None:
    texts = {"module_pyx": MODULE, "table_pxd": TABLE, "a_pxi": f"{code}\n", "b_pxi": HALF}
    found = sources_of(tmp_path, **texts).undefined("module.pyx")
    assert found == [f"module.pyx: a.pxi: {name}" for name in missing]


def test_a_head_says_what_changes_from_module_to_module(tmp_path: Path) -> None:
    sources = sources_of(
        tmp_path,
        table_pxd=TABLE,
        one_pyx='from table cimport *\ncdef enum:\n    N\ninclude "a.pxi"\ninclude "b.pxi"\n',
        two_pyx='from table cimport *\ncdef enum:\n    N\ninclude "a.pxi"\ninclude "c.pxi"\n',
        a_pxi="cdef Row row\nrow.data[N] = half(LINE)\n\ndef f():\n    pass\n",
        b_pxi=HALF,
        c_pxi=f"{HALF}\ncdef int unused\n",
    )
    assert needs(sources, "a.pxi") == "N, table.pxd; b.pxi, or c.pxi"
    assert gives(sources, "a.pxi") == ["f", "everything below but row"]
    assert needs(sources, "b.pxi") == "nothing"
    assert gives(sources, "b.pxi") == ["half", "everything below"]
    assert gives(sources, "c.pxi") == ["half", "everything below but unused"]
