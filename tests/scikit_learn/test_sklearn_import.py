"""``import fastbp.sklearn`` adds little to scikit-learn's own import."""

import importlib
import subprocess
import sys

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")


PROGRAM = """
import sys
import sklearn.neural_network
print(*sys.modules)
from fastbp.sklearn import MLPClassifier
print(*sys.modules)
MLPClassifier((2,), max_iter=1, tol=10, n_iter_no_change=1).fit([[0.0], [1.0]], [0, 1])
print(*sys.modules)
"""


def test_what_trains_is_not_imported_before_it_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    before, imported, fitted = (set(line.split()) for line in done.stdout.splitlines())
    added = imported - before
    own = {name for name in added if name.startswith("fastbp")}
    assert "fastbp.sklearn.classifier" in own
    assert not {"fastbp.network", "fastbp.inputs", "fastbp.training", "fastbp.optimizers"} & own
    assert added == own  # nothing of anyone else's
    assert "fastbp.training.fit" in fitted


def test_an_older_version_is_told_at_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    import sklearn

    import fastbp.sklearn

    monkeypatch.setattr(sklearn, "__version__", "1.6.1")
    with pytest.raises(ImportError, match=r"1\.7 or newer, and 1\.6\.1 is installed"):
        importlib.reload(fastbp.sklearn)
