"""Row 75: nothing in src/ can lose an exception."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_build import COMPLAINT

SRC = Path(__file__).resolve().parent.parent / "src"
# The sources that meet Python objects; all others hold kernels, which raise nothing.
MEET_PYTHON = {"boundary.pyx", "memory.pxi", "cpu.pyx", "ladder/driver.pyx", "ladder/blas.pyx"}
# Rungs of memoryviews: that an index is checked, and raises, is the idea of one of them.
MAY_RAISE = {"ladder/memoryviews.pyx", "ladder/memoryviews_checked.pyx", "ladder/views.pxi"}
SOURCES = sorted(path.relative_to(SRC).as_posix() for path in SRC.rglob("*.p[yx][xid]"))
FUNCTION = re.compile(r"^( *)cdef [^\n=]*?\b(\w+)\([^)]*\)([^\n:]*):\n((?:\1 +[^\n]*\n|\n)+)", re.M)

pytestmark = pytest.mark.skipif(not SRC.exists(), reason="the tests do not lie in a source tree")


def functions(text: str) -> list[tuple[str, str, str]]:
    """Name, what stands behind the arguments, and body of each C function."""
    return [match.group(2, 3, 4) for match in FUNCTION.finditer(text)]


def swallowed(text: str) -> list[str]:
    """What could raise inside a function that has no way to tell."""
    found = functions(text)
    raising = {name for name, promise, _ in found if "noexcept" not in promise}
    calls = "|".join(sorted(raising)) or "(?!)"
    return [
        f"{name}: {line.strip()}"
        for name, promise, body in found
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


def test_row_75_performance_hints_are_complaints(tmp_path: Path) -> None:
    # test_build.py fails on what this matches in the output of a build.
    (tmp_path / "slow.pyx").write_text(
        "cdef void checked() nogil:\n    pass\n\ncdef void loop() noexcept nogil:\n    checked()\n"
    )
    pytest.importorskip("Cython", reason="the hints are Cython's")
    done = subprocess.run(
        [sys.executable, "-m", "cython", "-3", "slow.pyx"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    assert re.search(COMPLAINT, done.stdout), done.stdout
