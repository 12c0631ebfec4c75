"""The kernel set that runs is one that the CPU and the operating system both allow."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ways_in import run_script, same_fastbp

from fastbp import _cpu
from fastbp.model import kernel_sets

SETS = kernel_sets.available()


@pytest.mark.parametrize("missing", [[], ["x86-64-v4"], ["x86-64-v3", "x86-64-v4"]])
def test_row_98_the_best_of_what_is_left_is_chosen(
    missing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FASTBP_ISA", raising=False)
    for name in SETS:
        monkeypatch.setitem(_cpu.SUPPORTED, name, name not in missing)
    assert kernel_sets._choose() == [name for name in SETS if name not in missing][-1]
    for name in set(missing) & set(SETS):
        monkeypatch.setenv("FASTBP_ISA", name)
        with pytest.raises(ImportError, match=rf"'{name}' cannot run on this machine.*plain"):
            kernel_sets._choose()


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="only Linux tells in /proc/cpuinfo")
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the names are those of x86-64")
def test_row_98_what_runs_is_what_the_kernel_lists() -> None:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    flags = set(next(line for line in lines if line.startswith("flags")).split())
    v3 = {"avx2", "fma", "bmi1", "bmi2", "abm", "movbe", "f16c"} <= flags
    v4 = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= flags
    of_x86 = {"plain": True, "x86-64-v3": v3, "x86-64-v4": v3 and v4}
    assert dict.fromkeys(_cpu.SUPPORTED, False) | of_x86 == _cpu.SUPPORTED


def test_row_97_modules_of_other_sets_are_not_even_loaded(tmp_path: Path) -> None:
    code = """
import sys, fastbp
for dtype in ("float32", "float64"):
    fastbp.Network([100, 100], dtype=dtype)
prefix = fastbp.model.kernel_sets.PREFIXES[fastbp.model.kernel_sets.ISA]
print({name.split(".")[1].rpartition("_")[0] for name in sys.modules
       if name.startswith("fastbp._") and name.endswith(("_float32", "_float64"))}
      == {prefix, "_plain"})
"""
    assert run_script(code, tmp_path) == "True\n"


# A processor, as an emulator knows them -> the set that must run on it.
PROCESSORS = {
    "Nehalem": "plain",  # of 2008, before AVX
    "SandyBridge": "plain",  # AVX without AVX2
    "Haswell": "x86-64-v3",
    "Haswell,-fma": "plain",  # one instruction short of a set
    "Haswell,-xsave": "plain",  # AVX2, on an operating system that does not save its registers
}

OLD_PROCESSOR = """
import numpy as np, fastbp
print(fastbp.model.kernel_sets.ISA)
rng = np.random.default_rng(0)
X, y = rng.random((40, 19)), np.arange(40) % 3
for dtype in ("float32", "float64"):
    net = fastbp.Network([19, 17, 3], activation="tanh", output_activation="softmax",
                         loss="cross_entropy", dtype=dtype, seed=0)
    net.fit(X, y, epochs=2, optimizer="adam"), net.score(X, y), net.gradients(X, y)
"""


@pytest.mark.slow
@pytest.mark.parametrize("processor", PROCESSORS)
def test_row_97_any_x86_64_processor_runs_what_it_has(
    processor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        pytest.skip("there is no qemu-x86_64 to be another processor (Debian: qemu-user)")
    monkeypatch.delenv("FASTBP_ISA", raising=False)
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)  # NumPy would take these kernels
    completed = subprocess.run(
        [emulator, "-cpu", processor, sys.executable, "-c", OLD_PROCESSOR],
        cwd=tmp_path,
        env=same_fastbp(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, f"exit code {completed.returncode}\n{completed.stderr}"
    assert completed.stdout.split() == [PROCESSORS[processor]]
