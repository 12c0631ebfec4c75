"""`fastbp bench --rung kern.pyx`: a Cython file is compiled, proved, timed and shown."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import refused
from ways_in import same_fastbp

from fastbp.bench import cython_build, show_rung
from fastbp.bench.reading import load

for package in ("Cython", "setuptools"):
    pytest.importorskip(package, reason=f"a Cython file is compiled by {package}")
try:
    cython_build.command_of("")
except ValueError as error:
    pytest.skip(str(error), allow_module_level=True)

SOURCES = Path(show_rung.__file__).parent / "sources"
POINTERS = SOURCES / "pointers.pyx"
ONE_SUM = "                z_j += w[j * n_in + k] * below[i * n_in + k]\n"  # a line of POINTERS


def bench(*arguments: Any, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `fastbp bench` with little time."""
    small = ("--rungs", "c", "--sizes", "5-4-3", "--seconds", "0.1")
    return subprocess.run(
        [sys.executable, "-m", "fastbp", "bench", *small, *map(str, arguments)],
        cwd=cwd,
        env=same_fastbp(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of loops, and what a run of one of them wrote."""
    folder = tmp_path_factory.mktemp("kerns")
    # As an editor on Windows would write it, under a name that no module can have.
    crlf = POINTERS.read_bytes().replace(b"\n", b"\r\n")
    (folder / "my-kern 2.pyx").write_bytes(crlf)
    completed = bench(
        *("--rung", "my-kern 2.pyx", "--cflags=-O2", "--cflags=-O3 -funroll-loops"),
        *("--json", "a.json", "--html", "a.html"),
        cwd=folder,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return folder


def test_a_cython_file_is_proved_and_timed_once_for_each_flags(folder: Path) -> None:
    results = load(folder / "a.json").results
    assert [result.rung for result in results] == [
        "c",
        "my-kern-2 -O2",
        "my-kern-2 -O3 -funroll-loops",
    ]
    assert all(result.status == "timed" and result.proved for result in results)


def test_nothing_is_written_beside_a_cython_file(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"my-kern 2.pyx", "a.json", "a.html"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rung", "nowhere.pyx"], "there is no file nowhere.pyx"),
        (["--rung", "folder.pyx"], "folder.pyx is a folder; --rung needs the name of a Cython"),
        (["--rung", "kern.pyx", "--cc", "gcc", "no-cc"], "there is no compiler 'no-cc'; name"),
        (["--cc", "gcc"], "--cc is for Cython files alone, and none is given; add --rung"),
        (["--cflags=-O2"], "--cflags is for Cython files alone, and none is given; add --rung"),
    ],
)
def test_what_cannot_be_compiled_is_refused_before_anything_is_timed(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.pyx").mkdir()
    shutil.copy(POINTERS, "kern.pyx")
    monkeypatch.setattr(cython_build, "build", None)
    assert message in refused(capsys, "bench", *arguments)
