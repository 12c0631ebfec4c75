"""The package's structure: private names, circles of imports, and the walk of a fit."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import fastbp

PACKAGE = Path(fastbp.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

#: Names of every NamedTuple: an underscore keeps them apart from its fields.
OF_TUPLES = {"_replace", "_asdict", "_fields"}
#: What reaches for a private name of something else, and why it may.
EXCEPTIONS = {
    # A function that the library's manual describes; `inspect` would take milliseconds to import.
    ("inputs/precision.py", "sys._getframe"),
    # argparse has no other way to take "-1,2" for a value.
    ("cli/explain.py", "parser._negative_number_matcher"),
    # scikit-learn makes its optimizer anew where it has none, and offers no other way.
    ("bench/rungs/with_scikit_learn.py", "self._estimator._optimizer"),
    # A rung of the ladder that times the three loops of a network's own program.
    ("bench/rungs/train_step.py", "self.net._model"),
}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}

# ---------------------------------------------------------------- private names


def own_names(tree: ast.Module) -> set[str]:
    """Private names that a file itself defines: of its module, its classes or their objects."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and ast.unparse(node.value) == "self"
        ):
            names.add(node.attr)
    return names


def reaches(tree: ast.Module) -> Iterator[str]:
    """Reads and writes of a private name of anything but self, cls, super() or the own module."""
    own = own_names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_"):
            continue
        if node.attr.startswith("__") or node.attr in own | OF_TUPLES:
            continue
        if ast.unparse(node.value) not in ("self", "cls", "super()", "fastbp"):
            yield ast.unparse(node)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("net._state.steps", ["net._state"]),
        ("self.net._state", ["self.net._state"]),
        ("self._state, cls._x, super()._y, net.__dict__", []),
        ("class A:\n def f(self, other):\n  self._a = other._a", []),
    ],
)
def test_the_rule_of_private_names_finds_what_it_is_for(code: str, expected: list[str]) -> None:
    assert list(reaches(ast.parse(code))) == expected


def test_no_private_name_of_anything_else_is_used() -> None:
    private_reaches = {
        (path.relative_to(PACKAGE).as_posix(), reach)
        for path in FILES
        for reach in reaches(tree_of(path))
    }
    assert private_reaches == EXCEPTIONS


# ---------------------------------------------------------------- imports


def imports(tree: ast.Module, modules: dict[str, Any]) -> set[str]:
    """What a file imports of the package: anywhere in it, so in functions and for types too.

    Compiled modules import none of these, and are left out.
    """
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                is_compiled = node.module == "fastbp" and alias.name.startswith("_")
                if submodule in modules:
                    names.add(submodule)
                elif not is_compiled or alias.name == "__version__":
                    names.add(str(node.module))
    return {name for name in names if name in modules}


def with_packages(name: str, target: str) -> set[str]:
    """An import and the packages that Python runs first for it, but for those it is running.

    The root runs before any other module whoever imports it, so it counts only where a name of its
    own is imported.
    """
    parts = target.split(".")
    packages = {".".join(parts[:i]) for i in range(2, len(parts))}
    return {target} | {package for package in packages if not f"{name}.".startswith(f"{package}.")}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one circle, or none."""
    left = dict(graph)
    while leaves := [name for name in left if not left[name] & left.keys()]:
        for name in leaves:
            del left[name]
    if not left:
        return []
    path = [min(left)]
    while len(set(path)) == len(path):
        path.append(min(left[path[-1]] & left.keys()))
    return path[path.index(path[-1]) :]


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_imports_make_no_circle() -> None:
    graph = {
        name: {
            module
            for target in imports(tree_of(path), MODULES)
            for module in with_packages(name, target)
        }
        for name, path in MODULES.items()
    }
    assert len(graph) > 100
    assert not circle(graph)


# ---------------------------------------------------------------- the walk of a fit


def walk(call: Any) -> list[str]:
    """The files of the package's functions in the order of their calls, repeats merged."""
    files: list[str] = []

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            files.append(path.relative_to(PACKAGE).as_posix())

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(before)
    return [file for file, _ in groupby(files)]


def test_a_fit_of_one_batch_is_a_short_walk() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.random((32, 784), np.float32), rng.integers(0, 10, 32)

    def network() -> fastbp.Network:
        return fastbp.Network(
            [784, 128, 10],
            activation="relu",
            output_activation="softmax",
            loss="cross_entropy",
            seed=0,
        )

    network().fit(X, y, epochs=1)  # what is found out once in a process
    net = network()
    files = walk(lambda: net.fit(X, y, epochs=1))
    assert files[0] == "network.py"
    assert files.count("network.py") == 1
    assert len(files) < 20, files
