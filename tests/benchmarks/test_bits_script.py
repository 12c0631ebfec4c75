"""benchmarks/bits.py: two builds compute the same bits, or it says which case differs."""

import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from unittest.mock import Mock

import bits
import bits_bound
import numpy as np
import pytest
from bits_cases import CASES
from bits_results import how_threads, threads
from build_process import BuildProcess
from kernel_sets import RUNNABLE

import fastbp

HERE = str(Path(fastbp.__file__).parents[1])  # where this build is, installed or in place
FEW = ["predict 2-4-1", "train_step 32, adam", "y labels", "custom activation, hidden"]

# A package that is this build but for one method, which has its own way with results of 7 rows.
ALTERED = """
__path__ = [{package!r}]
exec(compile(open({package!r} + "/__init__.py", encoding="utf-8").read(), __file__, "exec"))

def altered(predict):
    def other(net, X):
        a = predict(net, X)
        if a.shape == (7, 1):
            {change}
        return a
    return other

from fastbp.network import Network

Network.predict = altered(Network.predict)
"""
ULP = "a[3] = __import__('numpy').nextafter(a[3], 9)"
FAR = "a[3] *= 1.001"


def build(folder, change):
    """A folder with such a build in it."""
    (folder / "fastbp").mkdir()
    text = ALTERED.format(package=str(Path(fastbp.__file__).parent), change=change)
    (folder / "fastbp" / "__init__.py").write_text(text, encoding="utf-8")
    (folder / "fastbp" / f"_boundary{EXTENSION_SUFFIXES[0]}").touch()  # never loaded
    return str(folder)


@pytest.fixture(scope="module")
def this_build():
    """The sides of this build so far, by kernel set: each process is started once for all tests."""
    sides = {}
    yield sides
    for side in sides.values():
        side.close()


@pytest.fixture
def altered(this_build, monkeypatch, tmp_path):
    """Compare this build with one that is altered by a line of code."""
    Side = bits.Side

    def side(place, isa):
        if place != HERE:
            return Side(place, isa)
        old = this_build[isa] = this_build.get(isa) or Side(place, isa)
        return Mock(side_effect=old)  # whose close() does nothing

    monkeypatch.setattr(bits, "Side", side)
    return lambda change, *options: run(build(tmp_path, change), *options)


def run(new, *options):
    return bits.main([HERE, new, "--only", *FEW, *options])


@pytest.mark.slow
def test_this_build_computes_the_same_bits_as_itself(capsys):
    assert run(HERE) == 0
    out = capsys.readouterr().out.splitlines()
    tallies = [line for line in out if line.endswith("values: the same bits")]
    # Each kernel set, forced, and what is taken unforced where there is a choice.
    assert len(tallies) == 3 * (len(RUNNABLE) + (RUNNABLE != ["plain"]))
    assert all(f": {len(FEW) + 1} cases, " in line for line in tallies)  # two sorts of adam
    assert out[-1] == "Cases that differ: none"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script is no program there")
def test_an_interpreter_may_be_a_program_that_starts_another_as_an_emulator_is(tmp_path, capsys):
    started, program = tmp_path / "started", tmp_path / "python3"
    program.write_text(
        f'#!/bin/sh\ntouch "{started}"\nPYTHONPATH="{HERE}" exec "{sys.executable}" "$@"\n'
    )
    program.chmod(0o755)
    assert run(str(program), "--isa", "plain", "--numbers", "float32") == 0
    assert "plain float32: 5 cases, " in capsys.readouterr().out
    assert started.exists()


@pytest.mark.parametrize(
    "isa",
    [
        isa if i == 0 else pytest.param(isa, marks=pytest.mark.slow)
        for i, isa in enumerate(RUNNABLE[1:] or ["chosen"])
    ],
)
def test_a_bit_that_differs_is_named_and_makes_the_exit_code_1(altered, capsys, isa):
    assert altered(ULP, "--isa", isa, "--numbers", "float64") == 1
    out = capsys.readouterr().out
    assert f"{isa} float64: 5 cases, " in out
    assert "4 cases the same bits, 1 DIFFER\n  predict 2-4-1: 1 of 4 results\n" in out
    assert "    7 rows[3, 0]: " in out
    assert "(1 of 7)" in out


@pytest.mark.parametrize(("change", "code"), [(ULP, 0), (FAR, 1)])
def test_on_the_plain_set_a_difference_may_be_as_large_as_the_bound(altered, capsys, change, code):
    assert altered(change, "--isa", "plain", "--numbers", "float32") == code
    out = capsys.readouterr().out
    assert ("1 within the bound (at most 0.0" in out) == (change == ULP)
    assert (" times the bound\n" in out) == (change == FAR)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("raise ValueError('no')", "OLD: computes it; NEW: ValueError: no"),
        ("import os; os._exit(3)", "NEW: the process died in 'predict 2-4-1': exit code 3"),
        ("a = a.astype('float64')", "    7 rows: float32[7, 1], then float64[7, 1]"),
        pytest.param(
            "a = a[:6]", "    7 rows: float32[7, 1], then float32[6, 1]", marks=pytest.mark.slow
        ),
    ],
)
def test_a_case_without_a_result_or_with_one_of_another_kind_differs(altered, capsys, change, why):
    assert altered(change, "--isa", "plain", "--numbers", "float32") == 1
    out = capsys.readouterr().out
    assert why in out
    assert "4 cases the same bits, 1 DIFFER" in out


@pytest.mark.slow
@pytest.mark.parametrize("isa", RUNNABLE[1:])
def test_another_order_of_sums_is_within_the_bound_and_not_the_same_bits(isa):
    cases = [case for case in CASES if case.startswith(("output", "width", "small 2-4-1"))]
    cases = cases[::5]  # every activation, loss, rule and width: the lists go by threes and nines
    for tally in bits.compare((HERE, HERE), ("plain", isa), cases):
        assert not tally.wrong
        assert len(tally.near) > 0.9 * len(cases)


def test_nan_equals_nan_and_the_sign_of_zero_counts():
    for dtype in ("float32", "float64"):
        old = np.array([np.nan, 0.0, 1.0, np.inf], dtype)
        assert bits.same(old, old.copy())
        assert bits.same(old, np.array([-np.nan, 0.0, 1.0, np.inf], dtype))
        for i, value in [(0, 0.0), (1, -0.0), (1, np.nan), (2, np.nextafter(old[2], old[1]))]:
            new = old.copy()
            new[i] = value
            assert not bits.same(old, new)
            assert bits_bound.difference_line("x", old, new).startswith(f"x[{i}]: ")
        assert not bits.same(old, old.astype("float16"))
        assert not bits.same(old, old.reshape(2, 2))


@pytest.mark.parametrize("number", ["float32", "float64", "bfloat16"])
def test_no_bound_lets_nan_zeros_or_a_doubled_result_pass(number):
    a = np.linspace(1, 2, 12)
    bound = bits_bound.bound((33, 17, 17, 33), rows=1, steps=2, signs=False, number=number)
    for factor in (0.0, 2.0, -1.0, np.nan):
        assert bits_bound.worst({"a[1]": (a, bound)}, {"a[1]": (a * factor, bound)}) > 1
    assert bits_bound.worst({"a[1]": (a, bound)}, {"a[1]": (a, bound)}) == 0


def test_a_text_that_differs_is_told():
    old, new = np.array(["ant", "bee"]), np.array(["ant", "cat"])
    assert bits_bound.difference_line("y", old, new) == "y[1]: bee, then cat (1 of 2)"


def test_a_number_of_threads_is_an_order_in_this_build():
    build = BuildProcess(HERE)
    assert build("sets") == (list(RUNNABLE), "fastbp.training.threads.Exactly")
    build.close()
    assert how_threads() != "a plain n_threads"
    assert threads(3) == 3
    assert type(threads(3)) is not int


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([HERE, "/no/such/place"], "/no/such/place is no build; give a virtual environment"),
        ([HERE, HERE, "--isa", "z80"], "not in both builds: z80"),
        ([HERE, HERE, "--only", "no such case"], "no case has no such case in its name"),
    ],
)
def test_bad_arguments_are_refused(capsys, arguments, message):
    with pytest.raises(SystemExit) as stop:
        bits.main(arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
