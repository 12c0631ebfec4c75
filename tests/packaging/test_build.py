"""Rows 100 to 106: the source tree, the source distribution and the wheel.

The slow tests share one build, in a copy of the tree whose path is not ASCII, without git and
without any package index. They need the tree: setup.py, src/ and Cython.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from source_tree import (
    ALONE,
    NOT_SOURCES,
    ROOT,
    STRICT,
    build_in_place,
    copied_tree,
    needs_tree,
    run,
)

from fastbp import _cpu
from fastbp.bench.ladder import COMPILED
from fastbp.model import kernel_sets

PACKAGE = ROOT / "fastbp"
MEGABYTE = 10**6

# A C compiler's warning, which STRICT makes an error; Cython's warning or performance hint; a
# deprecation of the build tools.
COMPLAINT = (
    r"\.[ch]:\d+:\d+: (warning|error)|(warning|hint): .*\.(pyx|pxd|pxi):\d+|DeprecationWarning"
)


@needs_tree
def test_row_100_import_without_the_compiled_modules(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "fastbp", ignore=NOT_SOURCES)
    (tmp_path / "elsewhere").mkdir()
    program = f"{ALONE}import fastbp\n"
    for cwd in (tmp_path, tmp_path / "elsewhere"):
        completed = run("-c", program, cwd=cwd, check=False, PYTHONPATH=str(tmp_path))
        assert completed.returncode == 1
        assert completed.stdout.splitlines()[-1].startswith("ImportError"), completed.stdout
        assert "pip install -e ." in completed.stdout.splitlines()[-1], completed.stdout


@needs_tree
def test_row_100_the_specification_needs_no_compiled_module(tmp_path: Path) -> None:
    shutil.copy(PACKAGE / "reference.py", tmp_path)
    run("-W", "error", "-c", "import reference", cwd=tmp_path)


@pytest.fixture
def setup_py(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """setup.py's tables and functions, without a build; what they write lands elsewhere."""
    for package in ("Cython.Build", "setuptools"):
        pytest.importorskip(package, reason=f"setup.py needs {package}")
    monkeypatch.setattr("setuptools.setup", lambda **_: None)
    monkeypatch.setattr("Cython.Build.cythonize", lambda extensions, **_: extensions)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("setup_py", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_tree
def test_every_kernel_set_is_in_every_table_of_them(setup_py: Any) -> None:
    assert list(kernel_sets.PREFIXES) == list(_cpu.SUPPORTED)
    prefixes = ["plain", *setup_py.sets.KERNEL_SETS]
    assert list(kernel_sets.PREFIXES.values()) == [f"_{prefix}" for prefix in prefixes]
    assert list(setup_py.sets.BFLOAT16) == list(setup_py.sets.KERNEL_SETS)


@needs_tree
@pytest.mark.parametrize(
    ("module", "header"),
    [
        ("fastbp._boundary", "team.h"),
        ("fastbp._v4_float32", "simd.h"),
        ("fastbp._v4_bfloat16", "simd.h"),  # which bfloat16.h includes
        ("fastbp.bench._c", "c_loops.h"),  # from C code that stands in Cython's
        ("fastbp.bench._tiles_v4_float32", "simd.h"),
    ],
)
def test_a_module_is_built_again_when_a_header_that_it_reads_changes(
    module: str, header: str, setup_py: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sysconfig, "get_platform", lambda: "linux-x86_64")
    monkeypatch.setattr(sys, "platform", "linux")
    modules = [*setup_py.extensions(), *setup_py.rungs()]
    depends = next(extension.depends for extension in modules if extension.name == module)
    assert header in {Path(file).name for file in depends}


@needs_tree
def test_every_kind_of_kernel_module_fills_in_its_whole_table(setup_py: Any) -> None:
    contract = (ROOT / "src" / "kernels" / "kernels.pxd").read_text("utf-8")
    fields = re.findall(r"^    \w+ (\w+)", contract.partition("struct Kernels:\n")[2], re.M)
    assert len(fields) > 20
    for kind, tables in setup_py.sets.TABLES.items():
        assert sorted({field for table in tables for field in table}) == sorted(fields), kind
        text = setup_py.sets.table_files()[f"table_of_{kind}.pxi"]
        assert set(re.findall(r"^table\.(\w+) = ", text, re.M)) == set(fields)


@needs_tree
@pytest.mark.parametrize(
    ("target", "marches"),
    [
        ("linux-x86_64", {"v3": "-march=x86-64-v3", "v4": "-march=x86-64-v4"}),
        ("linux-aarch64", {"neon": "-march=armv8-a"}),
        ("macosx-11.0-arm64", {"neon": "-march=armv8-a"}),
        ("linux-riscv64", {}),
    ],
)
def test_a_target_gets_its_own_kernel_sets_with_their_own_flags(
    setup_py: Any, monkeypatch: pytest.MonkeyPatch, target: str, marches: dict[str, str]
) -> None:
    monkeypatch.setattr(sysconfig, "get_platform", lambda: target)
    monkeypatch.setattr(sys, "platform", "linux")
    setup_py.OWN_FLAGS.clear()
    names = {extension.name for extension in setup_py.extensions()}
    tuned = {
        f"fastbp._{prefix}_{dtype}": [march, *setup_py.sets.TUNED_FLAGS]
        for prefix, march in marches.items()
        for dtype in setup_py.sets.NUMBER_TYPES
    } | {
        f"fastbp._{prefix}_bfloat16": [
            march,
            *setup_py.sets.TUNED_FLAGS,
            *(["-mavx512bf16"] if prefix == "v4" else []),
        ]
        for prefix, march in marches.items()
    }
    assert tuned == setup_py.OWN_FLAGS
    assert names == {*setup_py.MODULES, *tuned}


@needs_tree
def test_flags_that_ask_for_a_report_are_not_among_those_of_a_module(
    setup_py: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(
        "setuptools.command.build_ext.build_ext.build_extension",
        lambda _, extension: commands.append(extension.extra_compile_args),
    )
    command = setup_py.BuildExt(pytest.importorskip("setuptools").Distribution())
    command.kind, command.version, command.build_temp = "gcc", "gcc 12", str(tmp_path)
    extension = next(rung for rung in setup_py.rungs() if rung.name.endswith("._axpy"))
    extension.extra_compile_args = ["-O3"]
    command.build_rung(extension)
    assert commands == [["-O3", f"-fopt-info-vec-all-internals={tmp_path / 'axpy.remarks'}"]]
    assert extension.extra_compile_args == ["-O3"]


@needs_tree
def test_rungs_may_fail_to_compile_and_are_never_linked_with_fast_math(setup_py: Any) -> None:
    modules = {extension.name for extension in setup_py.rungs()}
    assert modules <= set(setup_py.OWN_FLAGS)  # which makes them optional
    assert len(modules) >= len(setup_py.RUNGS)
    # What makes GCC or Clang link code that switches subnormals off.
    forbidden = {"-ffast-math", "-Ofast", "-funsafe-math-optimizations"}
    for flags in (*setup_py.OWN_FLAGS.values(), *setup_py.FLAGS.values()):
        assert not forbidden & set(flags)
    assert setup_py.RUNG_LINKS == {"openmp": ["-fopenmp"]}
    every_kind = [
        *(setup_py.FLAGS["unix"], setup_py.DEBUG_FLAGS, setup_py.SANITIZED_FLAGS),
        setup_py.LINK_FLAGS["unix"],
    ]
    for flags in every_kind:  # before all others, some of which take back a part
        assert flags[:3] == ["-O3", "-fno-fast-math", "-fno-unsafe-math-optimizations"]
    assert "openmp" not in setup_py.RUNGS or os.environ.get("FASTBP_OPENMP") == "1"


@needs_tree
def test_the_debug_build_checks_more_and_computes_the_same(setup_py: Any) -> None:
    # With wraparound a negative index would be one from the end; cdivision decides what `/` is.
    assert set(setup_py.DEBUG) == {"boundscheck", "initializedcheck", "nonecheck"}
    assert all(setup_py.DEBUG.values())


@needs_tree
@pytest.mark.slow
def test_no_division_of_two_c_integers_truncates(
    setup_py: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # cdivision makes 0 of 1 / 2 there. Whoever wants that writes 1 // 2.
    expressions = pytest.importorskip("Cython.Compiler.ExprNodes")
    main = pytest.importorskip("Cython.Compiler.Main")
    of_integers: list[str] = []
    divisions = 0
    analyse = expressions.DivNode.analyse_operation

    def look(node: Any, scope: Any) -> Any:
        nonlocal divisions
        result = analyse(node, scope)
        source, line, _ = node.pos
        divisions += 1
        if node.operator == "/" and node.operand1.type.is_int and node.operand2.type.is_int:
            of_integers.append(f"{source.get_description()}:{line}")
        return result

    def look_at(source: Path) -> None:
        options = main.CompilationOptions(
            main.default_options,
            output_file=str(tmp_path / "unused.c"),
            include_path=setup_py.INCLUDES,
            compiler_directives=setup_py.DIRECTIVES,
        )
        assert main.compile(str(source), options).num_errors == 0

    monkeypatch.setattr(expressions.DivNode, "analyse_operation", look)
    (tmp_path / "half.pyx").write_text("def half(Py_ssize_t n): return n / 2\n")
    look_at(tmp_path / "half.pyx")
    assert of_integers.pop().endswith("half.pyx:1")
    # Of sources that are the same but for a set and a number type, one.
    sources = {
        re.sub(r"_?(v\d|neon)_|float\d+", "", extension.name): extension.sources[0]
        for extension in [*setup_py.extensions(), *setup_py.rungs()]
    }
    assert len(sources) >= len(setup_py.RUNGS) + 4
    for source in sources.values():
        look_at(Path(source) if Path(source).exists() else ROOT / source)  # generated, or not
    assert not of_integers
    assert divisions > 50


@needs_tree
@pytest.mark.slow
def test_a_row_without_its_formula_does_not_compile(
    setup_py: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    main = pytest.importorskip("Cython.Compiler.Main")
    errors = pytest.importorskip("Cython.Compiler.Errors")
    files = setup_py.operation_files
    options = main.CompilationOptions(
        main.default_options,
        output_file=str(tmp_path / "unused.c"),
        include_path=setup_py.INCLUDES,
    )

    def undefined() -> set[str]:
        for name, text in files.texts().items():
            setup_py.sources.write_if_new(setup_py.GENERATED / name, text)
        errors_text = io.StringIO()
        with redirect_stderr(errors_text), suppress(errors.CompileError):
            main.compile(str(ROOT / "src/kernels/plain/plain_float64.pyx"), options)
        return set(re.findall(r"undeclared name not builtin: (\w+)", errors_text.getvalue()))

    assert not undefined()
    missing = {
        "ACTIVATIONS": {"g_nameless", "slope_nameless"},
        "LOSSES": {"nameless_term", "nameless_delta"},
        "RULES": {"updated_by_nameless", "nameless_rates"},
    }
    for name in missing:
        table = getattr(files.table, name)
        names = {"name": "nameless"} | ({"family": "nameless"} if name == "LOSSES" else {})
        row = next(iter(table.values()))._replace(**names)
        monkeypatch.setitem(table, "nameless", row)
    assert undefined() == set().union(*missing.values())


@needs_tree
def test_row_105_warnings_are_errors_in_the_tests() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert options["filterwarnings"][0] == "error"
    assert "--strict-markers" in options["addopts"]


def test_row_105_import_warns_of_nothing(tmp_path: Path) -> None:
    run(
        "-W",
        "error",
        "-c",
        "import fastbp; fastbp.Network([2, 3, 1]).predict([[0, 1]])",
        cwd=tmp_path,
    )


def test_import_costs_less_than_that_of_numpy(tmp_path: Path) -> None:
    # Processor time, relative to a neighbour's: a busy machine delays both.
    program = (
        "from time import process_time as now\n"
        "times = [now()]\n"
        "import numpy; times.append(now())\n"
        "import fastbp; times.append(now())\n"
        "print((times[2] - times[1]) / (times[1] - times[0]))\n"
    )
    # With bytecode, as NumPy has it: from the second time on in a source tree.
    keep = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
    assert min(float(run("-c", program, cwd=tmp_path, **keep).stdout) for _ in range(3)) < 1


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source tree, to build in without isolation."""
    pytest.importorskip("Cython", reason="building without isolation needs Cython")
    return copied_tree(tmp_path / "tree")


@dataclass(frozen=True)
class Build:
    """What one build left behind: its files and all that the tools said."""

    sdist: Path
    wheel: Path
    output: str


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The sdist, built from a copy of the tree, and the wheel, built from the sdist alone."""
    pytest.importorskip("Cython", reason="building without isolation needs Cython")
    pytest.importorskip("setuptools", reason="building without isolation needs setuptools")
    folder = tmp_path_factory.mktemp("größe ñ 学")
    tree, out, elsewhere = folder / "tree", folder / "out", folder / "elsewhere"
    copied_tree(tree)
    elsewhere.mkdir()
    bare = {
        "PATH": without_git(os.environ["PATH"], folder / "bin"),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "CFLAGS": STRICT,
    }
    # Translates all sources, too, and says Cython's warnings, which no cache would.
    sdist_only = {"CYTHON_CACHE_DIR": ""}
    output = run("setup.py", "sdist", "--dist-dir", out, cwd=tree, **bare, **sdist_only).stdout
    (sdist,) = out.glob("*.tar.gz")
    output += run(
        "-m",
        "pip",
        "wheel",
        "-v",
        "--no-build-isolation",
        "--no-deps",
        "--wheel-dir",
        out,
        sdist,
        cwd=elsewhere,
        **bare,
    ).stdout
    (wheel,) = out.glob("*.whl")
    return Build(sdist, wheel, output)


def without_git(path: str, bin_folder: Path) -> str:
    """A PATH whose first `git` fails, whoever calls it."""
    bin_folder.mkdir()
    (bin_folder / "git").write_text("#!/bin/sh\necho 'git was called' >&2\nexit 1\n")
    (bin_folder / "git").chmod(0o755)
    return f"{bin_folder}{os.pathsep}{path}"


@needs_tree
@pytest.mark.slow
def test_row_102_builds_anywhere_without_git_or_network(built: Build) -> None:
    assert "git was called" not in built.output
    listing = subprocess.run(
        ["tar", "-tzf", built.sdist], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    names = {name.partition("/")[2] for name in listing}
    expected = ["setup.py", "pyproject.toml", "README.md", "LICENSE"]
    expected += [
        str(path.relative_to(ROOT))
        for folder in ("fastbp", "src", "tests")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".pyi", ".pyx", ".pxd", ".pxi", ".h", ".gz", ".typed"}
        and path.parent.name not in ("sources", "reports")  # written by a build
        and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(ROOT).parts)
    ]
    assert set(expected) <= names, sorted(set(expected) - names)
    unwanted = [n for n in names if n.endswith((".c", ".so", ".pyc")) or n.startswith("build")]
    assert not unwanted, unwanted


@needs_tree
@pytest.mark.slow
def test_row_105_the_build_warns_of_nothing(built: Build) -> None:
    assert "-Wextra" in built.output
    complaints = [line for line in built.output.splitlines() if re.search(COMPLAINT, line)]
    assert not complaints, "\n".join(complaints)


@needs_tree
@pytest.mark.slow
def test_row_106_the_wheel_holds_the_package_and_nothing_else(built: Build, setup_py: Any) -> None:
    # Three fifths of it are compiled loops: debug information, or a set too many, would be seen.
    assert built.wheel.stat().st_size < 2.6 * MEGABYTE
    with zipfile.ZipFile(built.wheel) as wheel:
        names = wheel.namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"fastbp"}
    inside = {name for name in names if name.startswith("fastbp/")}
    unwanted = [n for n in inside if n.endswith((".c", ".cpp", ".pyc")) or "test" in n]
    assert not unwanted, unwanted
    in_tree = {
        f"fastbp/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.suffix in {".py", ".pyi"} or path.parent.name == "data" or path.name == "py.typed"
    }
    assert in_tree <= inside, sorted(in_tree - inside)
    compiled = {n.split(".")[0] for n in inside - in_tree if n.endswith((".so", ".pyd"))}
    extensions = [*setup_py.extensions(), *setup_py.rungs()]
    assert compiled == {extension.name.replace(".", "/") for extension in extensions}
    for row in COMPILED:
        assert f"fastbp/bench/{row.source}" in inside
    # What a Cython file of the user's own includes.
    included = ("both.pxi", "views.pxi", "tables.pxi", "loops.pxd", "kernels.pxd")
    for name in (*included, "operation_ids.pxi"):
        assert f"fastbp/bench/sources/{name}" in inside
    assert (
        "fastbp/bench/reports/axpy.txt" in inside
        or setup_py.ladder.compilers.compiler_of(["cc"])[0] == ""
    )


@needs_tree
@pytest.mark.slow
def test_row_106_the_wheel_works_where_there_is_only_numpy(built: Build, tmp_path: Path) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        wheel.extractall(tmp_path / "installed")
    program = (
        "import fastbp, pathlib\n"
        "assert 'installed' in pathlib.Path(fastbp.__file__).parts, fastbp.__file__\n"
        "X, y = fastbp.datasets.load_digits()\n"
        "fastbp.Network([64, 8, 10]).fit(X, y, epochs=1)\n"
    )
    installed = str(tmp_path / "installed")
    run("-W", "error", "-c", program, cwd=tmp_path, PYTHONPATH=installed)
    bench = ["fastbp", "bench", "--sizes", "8-6-3", "--seconds", "0.1", "--json", "a.json"]
    run("-W", "error", "-m", *bench, cwd=tmp_path, PYTHONPATH=installed)
    machine = json.loads((tmp_path / "a.json").read_text("utf-8"))["machine"]
    assert machine["compiler"]
    assert {"plain", "boundary"} <= set(machine["flags"])
    assert "build" not in str(machine["flags"])  # no folder of this machine


@needs_tree
@pytest.mark.slow
def test_a_cython_file_is_a_rung_of_an_installed_fastbp(built: Build, tmp_path: Path) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        wheel.extractall(tmp_path / "installed")
    sources = tmp_path / "installed" / "fastbp" / "bench" / "sources"
    for name in ("pointers", "memoryviews"):
        (tmp_path / f"my_{name}.pyx").write_bytes((sources / f"{name}.pyx").read_bytes())
    rungs = ["--rung", "my_pointers.pyx", "--rung", "my_memoryviews.pyx", "--rungs", "pointers"]
    bench = ["fastbp", "bench", *rungs, "--sizes", "8-6-3", "--seconds", "0.1", "--json", "a.json"]
    run("-m", *bench, cwd=tmp_path, PYTHONPATH=str(tmp_path / "installed"))
    results = json.loads((tmp_path / "a.json").read_text("utf-8"))["results"]
    assert [result["rung"] for result in results] == ["pointers", "my-pointers", "my-memoryviews"]
    assert all(result["status"] == "timed" for result in results)


@needs_tree
@pytest.mark.slow
def test_row_103_the_debug_build_passes_the_tests_of_compiled_loops(tree: Path) -> None:
    run("setup.py", "build_ext", "--inplace", cwd=tree, FASTBP_DEBUG="1")
    run(
        "-c",
        "from fastbp import _boundary; assert _boundary.CHECKED",
        cwd=tree,
        PYTHONPATH=str(tree),
    )
    compiled = "kernels and not slow and not nightly and not huge"
    files = [
        path for path in (tree / "tests").rglob("*.py") if "mark.kernels" in path.read_text("utf-8")
    ]
    run("-m", "pytest", "-q", "-x", "-m", compiled, *files, cwd=tree, PYTHONPATH=str(tree))


# Prints a sum of all weights' bits.
SUBNORMALS_AND_NAN = """
import threading
import numpy as np
import fastbp
tiny, kept = 2.0**-1074, []
thread = threading.Thread(target=lambda: kept.append(tiny * 1.0))
thread.start()
thread.join()
kept += [tiny * 1.0, *(np.full(9, tiny) + 0.0), *(np.full(9, np.float32(1e-45)) * np.float32(1))]
assert all(kept), kept
X, y = fastbp.datasets.load_digits()
for dtype in ("float32", "float64"):
    net = fastbp.Network([64, 8, 10], dtype=dtype, seed=0)
    net.fit(X[:64], y[:64], epochs=1)
    print(net.parameters.view(f"u{net.parameters.itemsize}").astype(object).sum())
    assert np.isnan(net.predict(np.full((2, 64), np.nan))).all()
    for bad in (np.nan, np.inf):
        try:
            net.fit(np.where(np.arange(64) == 5, bad, X[:64]), y[:64], epochs=1)
        except ValueError as error:
            assert "X" in str(error), error
        else:
            raise AssertionError(f"{bad} was not seen")
"""


@needs_tree
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="CFLAGS is for compilers of the Unix kind")
def test_fast_math_in_the_environment_reaches_neither_code_nor_linker(
    tree: Path, tmp_path: Path
) -> None:
    fast = "-Ofast -ffast-math -funsafe-math-optimizations -ffinite-math-only"
    build_in_place(tree, CFLAGS=fast, LDFLAGS="-ffast-math")
    alone = f"{ALONE}{SUBNORMALS_AND_NAN}"
    output = run("-c", alone, cwd=tree, PYTHONPATH=str(tree), FASTBP_ISA="plain")
    ordinary = run("-c", SUBNORMALS_AND_NAN, cwd=tmp_path, FASTBP_ISA="plain")
    assert output.stdout == ordinary.stdout
    built = json.loads((tree / "fastbp" / "bench" / "build.json").read_text("utf-8"))
    assert built["environment"] == {"CFLAGS": fast, "LDFLAGS": "-ffast-math"}


def compiler(folder: Path, script: str) -> str:
    """A C compiler of our own: a script before the real one."""
    path = folder / "compiler"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@needs_tree
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="CC is for compilers of the Unix kind")
def test_row_101_no_compiler_is_told_in_so_many_words(tree: Path, tmp_path: Path) -> None:
    install = ["-m", "pip", "install", "--no-index", "--no-build-isolation", "--no-deps"]
    for missing in ("/bin/false", str(tmp_path / "nowhere")):
        completed = run(
            *install, "--target", tmp_path / "out", ".", cwd=tree, check=False, CC=missing
        )  # fmt: skip
        assert completed.returncode != 0
        advice = completed.stdout[completed.stdout.index("fastbp is compiled when") :]
        assert f"C compiler (tried: {missing}" in advice, completed.stdout
        assert "Python's headers" in advice
        assert "gcc python3-dev" in advice
    assert not (tmp_path / "out").exists()


@needs_tree
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="CC is for compilers of the Unix kind")
def test_row_101_a_compiler_without_the_tuned_sets_builds_the_plain_one(
    tree: Path, tmp_path: Path
) -> None:
    real = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    old = compiler(
        tmp_path,
        f'case "$*" in *-march=*) echo "unknown -march" >&2; exit 1;; esac\nexec {real} "$@"',
    )
    build = ["setup.py", "build_ext", "--inplace"]
    run(*build, cwd=tree, CC=old, LDSHARED=f"{old} -shared", CFLAGS=STRICT)
    run(
        "-c",
        f"{ALONE}import fastbp\n"
        "from fastbp.model import kernel_sets\n"
        "assert kernel_sets.available() == ['plain'] == [kernel_sets.ISA]\n"
        "X, y = fastbp.datasets.load_digits()\n"
        "fastbp.Network([64, 8, 10]).fit(X, y, epochs=1)\n",
        cwd=tree,
        FASTBP_ISA="",
        PYTHONPATH=str(tree),
    )
