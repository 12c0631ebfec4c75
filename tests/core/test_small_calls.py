"""What calls on small networks leave out, since it would take as long as the network itself."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from fastbp import Network
from fastbp.inputs import targets
from fastbp.optimizers import as_optimizer
from fastbp.training import scoring

X = np.random.default_rng(0).random((8, 2)).astype("float32")
Y = np.arange(8) % 2

CALLS: dict[str, Any] = {
    "train_step": lambda net: net.train_step(X, Y),
    "loss_value": lambda net: net.loss_value(X, Y),
    "gradients": lambda net: net.gradients(X, Y),
    "trace": lambda net: net.trace(X[0], Y[0]),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_targets_mean_is_found_out_only_where_it_matters(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Network([2, 4, 1], seed=0)
    monkeypatch.setattr(targets, "kind_of", lambda *_, **__: pytest.fail("looked at"))
    CALLS[call](net)


def test_a_step_after_a_fit_still_refuses_targets_of_another_kind() -> None:
    net = Network([2, 4, 1], seed=0)
    net.fit(X, Y, epochs=1)
    with pytest.raises(ValueError, match="classes; got numbers"):
        net.train_step(X, Y / 2 + 0.1)


def test_building_and_copying_networks_searches_no_import_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Network([2, 4, 1], seed=0)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: pytest.fail("searched"))
    Network([2, 4, 1], seed=0).copy()


def test_an_optimizers_name_stands_for_one_description() -> None:
    assert as_optimizer("adam") is as_optimizer("adam") is Network([2, 1], seed=0).optimizer


def test_classes_of_rows_without_nan_are_predicted_without_a_second_look_at_x(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = Network([2, 4, 1], seed=0)
    monkeypatch.setattr(scoring, "batch", lambda *_, **__: pytest.fail("checked"))
    assert net.predict_classes(X).shape == (8,)
