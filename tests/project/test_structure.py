"""The package's structure: private names, the order of imports, and the walk of a fit."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from source_tree import ROOT, needs_tree

import fastbp
from fastbp.operations import LOSSES

PACKAGE = Path(fastbp.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

#: Names of every NamedTuple: an underscore keeps them apart from its fields.
OF_TUPLES = {"_replace", "_asdict", "_fields"}
#: Whose private names a file may use.
OWN_OBJECTS = {"self", "cls", "super()", "fastbp"}
#: What else is a file's own in a package whose files are the parts of one class.
OF_PACKAGE = {"sklearn": {"estimator", "self.estimator", "self._estimator"}}
#: Functions that take an attribute by its name.
BY_NAME = {
    "getattr",
    "setattr",
    "hasattr",
    "delattr",
    "object.__setattr__",
    "object.__getattribute__",
}
#: What reaches for a private name of something else, and why it may.
EXCEPTIONS = {
    # A function that the library's manual describes; `inspect` would take milliseconds to import.
    ("inputs/precision.py", "sys._getframe"),
    # argparse has no other way to take "-1,2" for a value.
    ("cli/explain.py", "parser._negative_number_matcher"),
    # scikit-learn makes its optimizer anew where it has none, and offers no other way.
    ("bench/rungs/with_scikit_learn.py", "self._estimator._optimizer"),
    # And no other way to its optimizer's memory.
    ("interchange/scikit_learn_solver.py", "getattr(estimator, '_optimizer', None)"),
    ("interchange/scikit_learn_solver.py", "getattr(estimator, '_engine', None)"),
    # A rung of the ladder that times the three loops of a network's own program.
    ("bench/rungs/train_step.py", "self.net._model"),
    # The Generator that shares a RandomState's draws; NumPy has no public name for it.
    ("sklearn/stochastic.py", "estimator._random_state._bit_generator"),
    # What scikit-learn's own estimators are made of.
    ("sklearn/estimator.py", "sklearn.base._fit_context"),
    ("sklearn/lbfgs_tasks.py", "sklearn.utils.fixes._get_additional_lbfgs_options_dict"),
    ("sklearn/lbfgs_tasks.py", "sklearn.utils.optimize._check_optimize_result"),
    ("sklearn/transform.py", "sklearn.utils._set_output._SetOutputMixin"),
    ("sklearn/transform.py", "sklearn.utils._set_output._wrap_method_output"),
    ("sklearn/validation_data.py", "sklearn.utils.validation._check_sample_weight"),
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
    """Private names that a file's classes define, in their bodies or on self: of its own objects.

    Names of the module and of functions are none of these.
    """
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
                    names.add(part.name)
                elif isinstance(part, (ast.Assign, ast.AnnAssign)):
                    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                    names |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and ast.unparse(node.value) == "self"
        ):
            names.add(node.attr)
    return names


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def reaches(tree: ast.Module, package: str = "") -> Iterator[str]:
    """Reads and writes of a private name of anything but self, cls, super() or the own classes.

    By an attribute, by getattr and its like, or by an import. Private modules of the root are the
    compiled ones, which the whole package uses.
    """
    own = own_names(tree) | OF_TUPLES
    own_objects = OWN_OBJECTS | OF_PACKAGE.get(package, set())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if node.attr not in own and ast.unparse(node.value) not in own_objects:
                yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module != "fastbp":
            yield from (
                f"{node.module}.{alias.name}" for alias in node.names if is_private(alias.name)
            )
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in BY_NAME:
            owner, *names = map(ast.unparse, node.args[:2])
            name = "".join(names).strip("'")
            if is_private(name) and name not in own and owner not in own_objects:
                yield ast.unparse(node)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("net._state.steps", ["net._state"]),
        ("self.net._state", ["self.net._state"]),
        ("self._state, cls._x, super()._y, net.__dict__", []),
        ("class A:\n def f(self, other):\n  self._a = other._a", []),
        ("class A:\n _a: int\n _b = 1\n def _c(self): pass\nx._a, x._b, x._c", []),
        ("_a = 1\ndef _b():\n _c = net._a, net._b, net._c", ["net._a", "net._b", "net._c"]),
        ("from fastbp import _boundary\nfrom a.b import _c, d", ["a.b._c"]),
        ("getattr(net, '_model')", ["getattr(net, '_model')"]),
        ("setattr(net, '_model', 1)", ["setattr(net, '_model', 1)"]),
        ("object.__getattribute__(net, '_x')", ["object.__getattribute__(net, '_x')"]),
        ("getattr(self, '_model'), getattr(net, name), getattr(net, 'sizes')", []),
    ],
)
def test_the_rule_of_private_names_finds_what_it_is_for(code: str, expected: list[str]) -> None:
    assert sorted(reaches(ast.parse(code))) == expected


def test_no_private_name_of_anything_else_is_used() -> None:
    private_reaches = {
        (path.relative_to(PACKAGE).as_posix(), reach)
        for path in FILES
        for reach in reaches(tree_of(path), path.parent.name)
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


# ---------------------------------------------------------------- packages

PARTS = sorted({name.split(".")[1] for name in MODULES if "." in name} - {"__main__"})


def resolved(name: str, root: ast.Module) -> str:
    """Where the root has a name from, as it only gives out names of others; or what it was."""
    for node in root.body:
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            return str(node.module)
    return name


def packages_of(tree: ast.Module, root: ast.Module) -> set[str]:
    """The packages, or modules beside them, that a file imports from."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "fastbp":
            names |= {resolved(alias.name, root) for alias in node.names}
            names |= {f"fastbp.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
    return {name.split(".")[1] for name in names if name.startswith("fastbp.")} & set(PARTS)


def upward(order: list[str], arrows: dict[str, set[str]]) -> list[tuple[str, str]]:
    """The arrows that do not lead to a later part."""
    return [
        (part, target)
        for part, targets in arrows.items()
        for target in sorted(targets - {part})
        if order.index(target) < order.index(part)
    ]


@needs_tree
def test_setup_lists_every_package() -> None:
    (packages,) = (
        ast.literal_eval(node.value)
        for node in ast.walk(tree_of(ROOT / "setup.py"))
        if isinstance(node, ast.keyword) and node.arg == "packages"
    )
    assert packages == sorted(
        {".".join(path.parent.relative_to(PACKAGE.parent).parts) for path in FILES}
    )


def test_an_arrow_upward_and_a_circle_of_packages_are_found() -> None:
    assert upward(["a", "b", "c"], {"a": {"b", "c"}, "b": {"b", "c"}, "c": set()}) == []
    assert upward(["a", "b"], {"a": {"b"}, "b": {"a"}}) == [("b", "a")]


def test_names_are_followed_through_the_root() -> None:
    root = ast.parse("from fastbp.network import Network")
    code = "from fastbp import Network, reference\nimport fastbp.text.page"
    assert packages_of(ast.parse(code), root) == {"network", "reference", "text"}


@needs_tree
def test_packages_import_downward_only_in_the_order_of_the_architecture_page() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    rows = page.split("| package | holds |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
    cells = " ".join(row.split("|")[1] for row in rows)
    order = re.findall(r"`(?:fastbp/)?(\w+)(?:/|\.py)`", cells)
    assert sorted(order) == PARTS
    root = tree_of(PACKAGE / "__init__.py")
    arrows: dict[str, set[str]] = {part: set() for part in order}
    for name, path in MODULES.items():
        part = name.split(".")[1] if "." in name else ""
        if part in arrows:
            arrows[part] |= packages_of(tree_of(path), root)
    assert upward(order, arrows) == []


# ---------------------------------------------------------------- names of losses


def lists_of_losses(tree: ast.Module) -> list[str]:
    """Tuples, lists, sets and keys of dicts with the names of several losses."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            elements: list[Any] = node.elts
        elif isinstance(node, ast.Dict):
            elements = node.keys
        else:
            continue
        names = [element.value for element in elements if isinstance(element, ast.Constant)]
        if sum(name in LOSSES for name in names) > 1:
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("loss in ('cross_entropy', 'binary_cross_entropy')", 1),
        ("{'squared_error': 1, 'half_squared_error': 0.5}.get(loss, 1)", 1),
        ("task = ('softmax', 'cross_entropy')", 0),
    ],
)
def test_a_list_of_losses_is_found(code: str, expected: int) -> None:
    assert len(lists_of_losses(ast.parse(code))) == expected


def test_the_losses_are_listed_in_the_tables_alone() -> None:
    listing = {
        path.relative_to(PACKAGE).as_posix() for path in FILES if lists_of_losses(tree_of(path))
    }
    assert listing <= {"operations.py", "reference_tables.py"}


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
    assert len(files) <= 20, files
