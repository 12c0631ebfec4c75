r"""scikit-learn's own tests of its multilayer perceptrons, on fastbp.sklearn's.

    python tests/scikit_learn/their_tests.py               # of the installed version
    python tests/scikit_learn/their_tests.py --seeds all   # with each of its 100 seeds

It runs ``sklearn/neural_network/tests/test_mlp.py`` of the installed scikit-learn, whose one line
that imports the two classes is replaced, with the fixtures of scikit-learn's own conftest, and then
``check_estimator`` on both classes. Exit status 1 where a test fails that EXCEPTIONS does not list,
where one that it lists passes, or where a check fails.

On another version, in the checkout with its modules built::

    python -m venv sk17 && sk17/bin/pip install scikit-learn==1.7.2 pytest
    PYTHONPATH=. sk17/bin/python tests/scikit_learn/their_tests.py
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import traceback
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What scikit-learn's tests take the two classes from.
THEIRS = "sklearn.neural_network"
IMPORT = f"from {THEIRS} import MLPClassifier, MLPRegressor\n"
CLASSES = ("MLPClassifier", "MLPRegressor")
#: Tests that fastbp's classes are expected to fail: the function's name, and why.
EXCEPTIONS: dict[str, str] = {}


@dataclass(frozen=True)
class Result:
    """A test: its name with parameters, "passed", "failed" or "skipped", and what it said."""

    name: str
    outcome: str
    text: str = ""

    @property
    def function(self) -> str:
        return self.name.partition("[")[0]


def run_their_tests(module: str, seeds: str = "42") -> list[Result]:
    """The results of scikit-learn's test_mlp.py with the two classes of ``module``."""
    import sklearn

    source = Path(sklearn.__file__).parent / "neural_network" / "tests" / "test_mlp.py"
    text = source.read_text("utf-8")
    if text.count(IMPORT) != 1:
        raise SystemExit(f"{source} does not import the two classes in one line:\n{IMPORT}")
    with tempfile.TemporaryDirectory() as folder:
        copy, report = Path(folder, "test_mlp.py"), Path(folder, "report.xml")
        copy.write_text(text.replace(IMPORT, IMPORT.replace(THEIRS, module)), "utf-8")
        (configuration := Path(folder, "pytest.ini")).write_text("[pytest]\n", "utf-8")
        command = [
            *(sys.executable, "-m", "pytest", "-q", "-p", "sklearn.conftest"),
            *("-p", "no:cacheprovider", "--disable-warnings", "-c", str(configuration)),
            *(f"--rootdir={folder}", f"--junitxml={report}", str(copy)),
        ]
        run = subprocess.run(
            command,
            cwd=folder,
            env=environment(module) | {"SKLEARN_TESTS_GLOBAL_RANDOM_SEED": seeds},
            capture_output=True,
            text=True,
        )
        if run.returncode not in (0, 1):  # 1: some tests failed
            raise SystemExit(f"pytest ended with {run.returncode}:\n{run.stdout}{run.stderr}")
        return [result(case) for case in ET.parse(report).getroot().iter("testcase")]


def environment(module: str) -> dict[str, str]:
    """This process's, where ``module`` is found from any folder, and one thread a library."""
    imported = importlib.import_module(module.partition(".")[0])
    folders = [str(Path(str(imported.__file__)).parents[1]), os.environ.get("PYTHONPATH", "")]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return os.environ | threads | {"PYTHONPATH": os.pathsep.join(filter(None, folders))}


def result(case: ET.Element) -> Result:
    """What the XML report says of one test."""
    for kind, outcome in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        if (child := case.find(kind)) is not None:
            said = child.get("message", "") if outcome == "skipped" else child.text or ""
            return Result(case.get("name", ""), outcome, said)
    return Result(case.get("name", ""), "passed")


def run_checks(cls: Any) -> list[Result]:
    """What check_estimator finds, each check."""
    from sklearn.utils.estimator_checks import check_estimator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the fits have not converged
        checks = check_estimator(cls(), on_fail=None, on_skip=None)
    return [
        Result(check["check_name"], check["status"], told(check["exception"])) for check in checks
    ]


def told(error: BaseException | None) -> str:
    """Where an exception came from, if there is one."""
    return "".join(traceback.format_exception(error)) if error else ""


def number_of_checks(name: str) -> int:
    """How many checks there are for scikit-learn's own class of this name."""
    from sklearn.utils.estimator_checks import estimator_checks_generator

    return len(list(estimator_checks_generator(getattr(importlib.import_module(THEIRS), name)())))


def unexpected(results: list[Result]) -> list[Result]:
    """Failures that EXCEPTIONS does not list, and passes of what it lists as failing."""
    return [
        one
        for one in results
        if (one.outcome == "failed") != (one.function in EXCEPTIONS) and one.outcome != "skipped"
    ]


def summary(title: str, results: list[Result]) -> str:
    """A line of numbers."""
    counts = Counter(one.outcome for one in results)
    return f"{title}: {len(results)}, " + ", ".join(f"{n} {name}" for name, n in counts.items())


def main(arguments: list[str] | None = None) -> int:
    """Run the tests and the checks, print what failed; 0 if all is as expected."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--module", default="fastbp.sklearn", help="where the classes come from")
    parser.add_argument("--seeds", default="42", help="scikit-learn's seeds: 42, 0-9 or all")
    options = parser.parse_args(arguments)
    import sklearn

    print(f"scikit-learn {sklearn.__version__}, classes of {options.module}")
    tests = run_their_tests(options.module, options.seeds)
    print(summary("test_mlp.py", tests))
    wrong = unexpected(tests)
    for name in CLASSES:
        checks = run_checks(getattr(importlib.import_module(options.module), name))
        print(summary(f"check_estimator({name}())", checks))
        wrong += [one for one in checks if one.outcome not in ("passed", "skipped")]
        # A parameter that its own has not may add one, as class_weight does.
        if len(checks) < (expected := number_of_checks(name)):
            wrong.append(Result(name, f"{len(checks)} checks, {expected} on scikit-learn's own"))
    for one in wrong:
        print(f"\n{one.name}: {one.outcome}\n{one.text}")
    for name, reason in EXCEPTIONS.items():
        print(f"\nexpected to fail: {name}: {reason}")
    print(f"\n{len(wrong)} not as expected")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
