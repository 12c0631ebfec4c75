"""Model files that an older build saved: loaded whole, and trained on, as that build did.

old_files.py made them. Two builds with the same tuned kernel set and the same compiler give the
same bits. In any case each is off from the exact number by at most the bound that rounding_error.py
derives, so the two are apart by at most twice that.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import read_tensors
from old_files import BATCH, NETWORKS, RECORD, compiler, continued, is_optimized, random_of
from rounding_error import rounding_bounds
from source_tree import ROOT
from tolerances import assert_within

import fastbp
from fastbp import Network
from fastbp.model import kernel_sets

pytestmark = [
    pytest.mark.kernels,
    pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning"),  # one epoch teaches little
]

FOLDER = ROOT / "tests" / "fixtures"
OLD = json.loads((FOLDER / RECORD).read_text("utf-8"))


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.safetensors"


def keeps(new: Any, old: Any) -> bool:
    """Whether all that old JSON says is said still; later versions may have more keys."""
    if isinstance(old, dict):
        return all(key in new and keeps(new[key], value) for key, value in old.items())
    return bool(new == old)


@pytest.mark.parametrize("name", NETWORKS)
def test_all_that_an_old_file_holds_is_loaded(name: str, tmp_path: Path) -> None:
    net, expected = Network.load(path_of(name)), OLD["networks"][name]
    assert net.parameters.tolist() == expected["parameters"]
    assert keeps(net.optimizer.config(), expected["optimizer"])
    state = net._model.state.description()
    assert (state["steps"], state["epochs"]) == (expected["steps"], expected["epochs"])
    assert (None if net.classes is None else list(net.classes)) == expected["classes"]
    assert repr(net.preprocessing) == repr(expected["preprocessing"])
    # And the rest, by what is saved again.
    net.save(tmp_path / "again")
    (before, then), (after, now) = read_tensors(path_of(name)), read_tensors(tmp_path / "again")
    assert {key: (a.dtype, a.tobytes()) for key, a in before.items()} == {
        key: (a.dtype, a.tobytes()) for key, a in after.items()
    }
    for key in ("network", "optimizer", "random", "preprocessing"):
        if key in then:
            assert keeps(json.loads(now[key]), json.loads(then[key]))
        else:
            assert key not in now


def load_old(name: str) -> tuple[Network, Any, Any, Any]:
    """An old network, its samples and what the old build said; y as class numbers if as names."""
    net, samples = Network.load(path_of(name)), OLD["networks"][name]
    y = samples["y"]
    if net.classes is not None:
        y = [list(net.classes).index(label) for label in y]
    return net, np.array(samples["X"]), np.array(y), OLD["results"]


@pytest.mark.parametrize("name", NETWORKS)
def test_an_old_network_predicts_and_trains_on_as_it_did(name: str) -> None:
    net, X, y, results = load_old(name)
    bounds = rounding_bounds(net, X, y)
    # Both round w and X to the same bfloat16: of a product's two roundings, each half of the bound,
    # only that of a can differ.
    apart = 1 if net.compute else 2
    before = net.copy()
    result = continued(net, X.tolist(), OLD["networks"][name]["y"])
    for isa, results_of_set in results.items():
        then = results_of_set[name]
        if isa == kernel_sets.ISA and compiler() == OLD["compiler"] and is_optimized():
            assert result == then
        assert result["random"] == then["random"] != random_of(before), "the order of the samples"
        assert_within(result["predictions"], then["predictions"], apart * bounds.a)
        losses = result["loss in one batch"], then["loss in one batch"]
        assert_within(*losses, apart * bounds.C, label="the loss")
    steps = -(-len(X) // BATCH)
    old, new = (results_of_set._model.state.description() for results_of_set in (before, net))
    assert new["steps"] == old["steps"] + steps
    assert new["epochs"] == old["epochs"] + 1
    assert net.optimizer == before.optimizer
    assert np.isfinite(result["loss"])
    if net.bias == "fixed":
        assert all(map(np.array_equal, net.biases, before.biases))


def test_every_optimizer_with_a_memory_is_among_the_old_files() -> None:
    groups = {
        key.split(".")[0]
        for name in NETWORKS
        for key in read_tensors(path_of(name))[0]
        if "." in key
    }
    assert groups == {*fastbp.SGD(momentum=0.9).remembers, *fastbp.Adam().remembers}
