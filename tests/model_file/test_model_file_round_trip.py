"""Nothing is lost: row 96, and training that goes on as if the network had not been saved."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import EVERY_OPTIMIZER, batch_for
from model_files import X, Y, same_parameters

import fastbp
from fastbp import Network


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bias", [True, False, "fixed"])
def test_row_96_saved_and_loaded_is_the_same_to_the_bit(
    tmp_path: Path, dtype: str, bias: bool | str
) -> None:
    net = Network(
        [5, 4, 3, 3],
        activation=["relu", "tanh"],
        output_activation="softmax",
        loss="cross_entropy",
        bias=bias,  # type: ignore[arg-type]
        dtype=dtype,
        seed=3,
    )
    limits = np.finfo(dtype)
    tiny = limits.smallest_subnormal
    net.weights[0][0] = [-0.0, tiny, -tiny, limits.max, limits.eps]
    net.preprocessing = {"mean": [0.1, -0.0, 5e-324], "columns": ["名", "b\n\x00"], "n": 2**70}
    net.save(tmp_path / "model")
    again = Network.load(tmp_path / "model")
    assert same_parameters(again, net)
    assert again._model.config() == net._model.config()
    assert repr(again.preprocessing) == repr(net.preprocessing)
    inputs = np.random.default_rng(1).standard_normal((7, 5))
    inputs[:, 3] = 0.0
    assert again.predict(inputs).tobytes() == net.predict(inputs).tobytes()
    again.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bias", [True, False, "fixed"])
@pytest.mark.parametrize("optimizer", [None, *EVERY_OPTIMIZER])
def test_training_goes_on_as_if_never_saved(
    tmp_path: Path, optimizer: Any, bias: Any, dtype: str
) -> None:
    net = Network([4, 3, 2], activation="tanh", bias=bias, dtype=dtype, seed=11)
    net.fit(X, Y, epochs=2, batch_size=batch_for(optimizer, 5), optimizer=optimizer)
    net.save(tmp_path / "model")
    again = Network.load(tmp_path / "model")
    assert again.optimizer == net.optimizer
    for network_ in (net, again):
        network_.fit(X, Y, epochs=3, batch_size=batch_for(optimizer, 5))
    assert same_parameters(again, net)


GENERATORS = ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"]


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_of_numpy_is_kept(tmp_path: Path, name: str) -> None:
    bits = getattr(np.random, name)(12345)
    np.random.Generator(bits).integers(0, 10, 3, dtype=np.uint32)  # leaves half a word spare
    net = Network([4, 2], seed=np.random.Generator(bits))
    net.save(tmp_path / "model")
    again = Network.load(tmp_path / "model")
    for network_ in (net, again):
        network_.fit(X, Y, epochs=3, batch_size=5)
    assert same_parameters(again, net)


class Dice(np.random.PCG64):
    """A bit generator of somebody's own."""

    @property
    def state(self) -> dict[str, Any]:  # type: ignore[override]
        return {"bit_generator": "Dice", "eyes": 6}


def test_what_a_file_cannot_hold_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(ValueError, match="'Dice' cannot be kept"):
        Network([2, 1], seed=np.random.Generator(Dice())).save(path)
    with pytest.warns(fastbp.PerformanceWarning):
        custom = Network([2, 3, 1], activation=fastbp.Activation(np.sin, np.cos), seed=0)
    with pytest.raises(ValueError, match="activation"):
        custom.save(path)
    net = Network([2, 1], seed=0)
    for bad in ({"mean": [np.nan]}, {"a": (1, 2)}, {1: "a"}, {"a": {1, 2}}, {"a": np.ones(2)}):
        net.preprocessing = bad
        with pytest.raises(ValueError, match="preprocessing"):
            net.save(path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox])
def test_a_generator_state_that_points_outside_its_key_is_refused(kind: Any) -> None:
    net = Network([2, 1], seed=np.random.Generator(kind(0)))
    state = net._model.state.description()
    place = state["random"]["state"] if "pos" in state["random"]["state"] else state["random"]
    place["pos" if "pos" in place else "buffer_pos"] = 10**6
    with pytest.raises(ValueError, match="random"):
        net._model.state.restore(state, {})
