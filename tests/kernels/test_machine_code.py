"""What the compiled modules are made of, read from the modules themselves."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from source_tree import ROOT

import fastbp

MODULES = sorted(
    path for path in Path(fastbp.__file__).parent.rglob("*") if path.suffix in (".so", ".pyd")
)
KERNEL_MODULES = [path for path in MODULES if re.match(r"_(plain|v\d)_", path.name)]
PEAK = ROOT / "src" / "kernels" / "peak.pxi"

# Part of a module's name -> what its instructions may use beyond SSE2, and what they must.
WIDER = r"%zmm|%k[0-7]|%[xy]mm(1[6-9]|2\d|3[01])"  # AVX-512, whatever the width
VEX = r"^v|%ymm"  # AVX and AVX2: their names begin with v
FORBIDDEN = {"_v4_": r"(?!)", "_v3_": WIDER, "": rf"{VEX}|{WIDER}"}
TYPICAL = {"_v4_": "%zmm", "_v3_": "%ymm", "": "%xmm"}

# Conversions of one number or many from floating point to integers.
TO_INTEGER = r"^v?cvtt?[ps][sd]2u?(si|dq|qq|pi)"

by_name = pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name.split(".")[0])
needs_x86 = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="the names are those of x86-64"
)


@cache
def listing(module: Path) -> list[tuple[int, str]]:
    """Address and words of each instruction."""
    if shutil.which("objdump") is None:
        pytest.skip("there is no objdump to disassemble the modules with")
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", module], capture_output=True, text=True, check=True
    ).stdout
    matches = re.findall(r"^\s*([0-9a-f]+):\t(.+)$", text, re.MULTILINE)
    assert len(matches) > 100
    return [(int(address, 16), instruction) for address, instruction in matches]


def instructions(module: Path) -> list[str]:
    return [instruction for _, instruction in listing(module)]


def innermost_loops(module: Path) -> list[list[str]]:
    """Instructions from the target of each jump backwards to the jump, without a jump between."""
    loops: list[list[str]] = []
    since: dict[int, int] = {}  # address -> index, of what was passed since the last jump
    for index, (address, instruction) in enumerate(listing(module)):
        since[address] = index
        if not instruction.startswith(("j", "call", "ret")):
            continue
        target = re.match(r"j\w+\s+([0-9a-f]+) ", instruction)
        if target and int(target[1], 16) in since:
            first = since[int(target[1], 16)]
            loops.append([instruction for _, instruction in listing(module)[first : index + 1]])
        since.clear()
    return loops


def with_pattern(module: Path, pattern: str) -> list[str]:
    return [line for line in instructions(module) if re.search(pattern, line)]


def of_set(table: dict[str, str], module: Path) -> str:
    return next(row for part, row in table.items() if part in module.name)


@needs_x86
@by_name
def test_row_97_no_module_has_instructions_beyond_its_set(module: Path) -> None:
    assert not with_pattern(module, of_set(FORBIDDEN, module))
    if module in KERNEL_MODULES:
        assert with_pattern(module, of_set(TYPICAL, module))


@needs_x86
@pytest.mark.parametrize("module", KERNEL_MODULES, ids=lambda path: path.name.split(".")[0])
def test_row_37_no_kernel_makes_an_integer_of_a_number(module: Path) -> None:
    assert KERNEL_MODULES
    assert not with_pattern(module, TO_INTEGER)


@needs_x86
def test_row_98_the_operating_system_is_asked_too() -> None:
    (module,) = [path for path in MODULES if path.name.startswith("_cpu.")]
    assert with_pattern(module, "^xgetbv")


@needs_x86
@pytest.mark.parametrize(
    "module",
    [path for path in KERNEL_MODULES if not path.name.startswith("_plain")],
    ids=lambda path: path.name.split(".")[0],
)
def test_the_loop_of_the_peak_runs_every_multiply_add_that_is_counted(module: Path) -> None:
    # A sum that a compiler can foresee is left out, and the peak then measured too high.
    if not PEAK.exists():
        pytest.skip("the tests do not lie in a source tree")
    constant = re.search(r"PEAK_SUMS = (\d+)", PEAK.read_text())
    assert constant is not None
    of_registers = re.compile(r"vfn?m(add|sub)\w+\s+(%[xyz]mm\d+,?){3}$")
    run = [
        len(sums)
        for loop in innermost_loops(module)
        if (sums := [instruction for instruction in loop if of_registers.match(instruction)])
        and not any(
            re.match(r"v(?!fn?m)|.*\(", instruction) for instruction in loop
        )  # and nothing else
    ]
    assert run == [int(constant[1])]


@by_name
def test_row_99_no_module_binds_to_a_version_of_numpy(module: Path) -> None:
    # NumPy's C functions are reached through a table of that name, and its types by theirs.
    assert not re.search(rb"_ARRAY_API|PyArray_|multiarray", module.read_bytes())


def test_row_99_no_source_uses_the_c_side_of_numpy() -> None:
    suffixes = {".py", ".pyx", ".pxi", ".pxd", ".h"}  # no bytecode, which a build leaves there
    sources = [path for path in (ROOT / "src").rglob("*") if path.suffix in suffixes]
    sources.insert(0, ROOT / "setup.py")
    if not sources[0].exists():
        pytest.skip("the tests do not lie in a source tree")
    for path in sources:
        assert not re.search(r"cimport numpy|numpy\.get_include|numpy/", path.read_text()), path
