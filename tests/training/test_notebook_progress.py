"""Progress in a notebook: tqdm's bar where there is one, rows where there is none."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

from fastbp import EarlyStopping, Network
from fastbp.training.notebook_progress import NotebookProgress, in_notebook, notebook_progress
from fastbp.training.options import as_reporter
from fastbp.training.progress import Progress

RNG = np.random.default_rng(0)
X = RNG.random((50, 3))
Y = (X[:, 0] > 0.5).astype(int)


class FakeBar:
    """A bar with tqdm's methods, which keeps what it was told."""

    bars: list[FakeBar] = []  # noqa: RUF012 - emptied before each test

    def __init__(self, **options: Any) -> None:
        self.options, self.total, self.n = options, options["total"], 0
        self.texts: list[tuple[str, dict[str, str]]] = []
        self.description, self.is_open = "", True
        self.bars.append(self)

    def update(self, n: int) -> None:
        assert self.is_open
        assert n > 0
        self.n += n

    def set_description(self, text: str, refresh: bool = True) -> None:
        self.description = text

    def set_postfix(self, texts: dict[str, str], refresh: bool = True) -> None:
        self.texts.append((self.description, texts))

    def refresh(self) -> None:
        assert self.is_open

    def close(self) -> None:
        self.is_open = False


def module(name: str, **content: Any) -> types.ModuleType:
    made = types.ModuleType(name)
    vars(made).update(content)
    return made


@pytest.fixture(autouse=True)
def notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython with a kernel, tqdm and ipywidgets: none of them the real ones."""
    FakeBar.bars.clear()
    shell = types.SimpleNamespace(kernel=object())
    bars = module("tqdm.notebook", tqdm=FakeBar)
    for name, fake in {
        "IPython": module("IPython", get_ipython=lambda: shell),
        "ipywidgets": module("ipywidgets"),
        "tqdm": module("tqdm", notebook=bars),
        "tqdm.notebook": bars,
    }.items():
        monkeypatch.setitem(sys.modules, name, fake)


def fit(**options: Any) -> Any:
    return Network([3, 4, 1], seed=0).fit(X, Y, progress=True, **options)


@pytest.mark.parametrize("batch_size", [7, 50])
def test_the_bar_counts_every_sample_once(batch_size: int, capsys: Any) -> None:
    fit(epochs=4, batch_size=batch_size)
    (bar,) = FakeBar.bars
    assert bar.total == bar.n == 4 * 50
    assert not bar.is_open
    assert capsys.readouterr().out == ""


def test_the_last_losses_are_shown() -> None:
    history = fit(epochs=300, validation=0.2)
    (bar,) = FakeBar.bars
    assert bar.options["desc"] == "epoch 1/300"
    assert len(bar.texts) < 300  # not one an epoch
    expected = {"loss": history.loss[-1], "validation_loss": history.validation_loss[-1]}
    assert bar.texts[-1] == ("epoch 300/300", {k: f"{v:.4f}" for k, v in expected.items()})


def test_a_training_that_stops_early_is_no_failure() -> None:
    history = fit(epochs=1000, validation=0.2, early_stopping=EarlyStopping(1, min_delta=10.0))
    (bar,) = FakeBar.bars
    assert history.epochs < 1000
    assert bar.total == bar.n == history.epochs * 40
    try:  # an exception that the caller handles is not the training's
        raise LookupError
    except LookupError:
        fit(epochs=1000, callbacks=lambda net, epoch, history: True)
    assert FakeBar.bars[-1].total == 50


def test_a_training_that_fails_is_one() -> None:
    def fail(net: Any, epoch: int, history: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(epochs=3, callbacks=fail)
    (bar,) = FakeBar.bars
    assert (bar.n, bar.total, bar.is_open) == (50, 150, False)


def test_no_epochs_make_no_bar() -> None:
    fit(epochs=0)
    assert FakeBar.bars == []


def test_epochs_are_counted_where_samples_are_not_known() -> None:
    progress = NotebookProgress(FakeBar)
    progress.begin(3, 0)
    progress.advance(10)
    progress.epoch_end(Network([3, 1], seed=0).fit(X, Y, epochs=2))
    (bar,) = FakeBar.bars
    assert (bar.total, bar.n, bar.options["unit"]) == (3, 2, " epochs")
    progress.finish()


@pytest.mark.parametrize("missing", ["tqdm", "tqdm.notebook", "ipywidgets"])
def test_a_notebook_without_tqdm_gets_rows(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    if missing == "tqdm":
        monkeypatch.delitem(sys.modules, "tqdm.notebook")
    fit(epochs=3)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["epoch", "1/3", "2/3", "3/3"]
    assert not FakeBar.bars


@pytest.mark.parametrize(
    "ipython",
    [
        None,  # as where an import of it has failed
        module("IPython"),  # half imported
        module("IPython", get_ipython=lambda: None),
        module("IPython", get_ipython=lambda: types.SimpleNamespace()),  # in a terminal
    ],
)
def test_other_places_are_no_notebook(ipython: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert not in_notebook()
    assert notebook_progress() is None
    assert isinstance(as_reporter(True), Progress)


def test_it_works_with_tqdm_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kernel of its own, if all that it needs is installed."""
    for name in ("IPython", "ipywidgets", "tqdm", "tqdm.notebook"):
        monkeypatch.delitem(sys.modules, name)
    for name in ("tqdm", "ipywidgets", "ipykernel"):
        pytest.importorskip(name, reason="tqdm, ipywidgets or ipykernel is not installed")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    from nbformat import v4

    code = (
        "import sys, fastbp\n"
        "assert 'tqdm' not in sys.modules\n"
        "net = fastbp.Network([2, 3, 1], seed=0)\n"
        "net.fit([[0, 1], [1, 0]], [0, 1], epochs=5, progress=True)"
    )
    notebook = v4.new_notebook(cells=[v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    bar, history = notebook.cells[0].outputs
    assert "application/vnd.jupyter.widget-view+json" in bar.data
    assert history.data["text/plain"].startswith("History(5 epochs, loss ")
    assert 'class="fastbp ' in history.data["text/html"]
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    values = [s["state"] for s in states.values() if "bar_style" in s["state"]]
    assert [(v["bar_style"], v["value"], v["max"]) for v in values] == [("success", 10.0, 10.0)]
