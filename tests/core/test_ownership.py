"""Whose memory and attributes a copied or unpickled network has: its own."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ways_in import bits, network, samples

from fastbp import Adam, Network

X, Y = samples()


def read_only_buffers(net: Network) -> Any:
    """Pickle's protocol 5, as joblib, Dask and Ray use it: arrays come from others' memory."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(net, protocol=5, buffer_callback=buffers.append)
    assert buffers, "nothing travelled apart from the pickle"
    return pickle.loads(data, buffers=[bytes(buffer) for buffer in buffers])


COPIES: dict[str, Callable[[Network], Any]] = {
    "net.copy": Network.copy,
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "pickle, protocol 0": lambda net: pickle.loads(pickle.dumps(net, protocol=0)),
    "pickle, protocol 1": lambda net: pickle.loads(pickle.dumps(net, protocol=1)),
    "pickle with read-only buffers": read_only_buffers,
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_trains_in_writable_memory_of_its_own(how: str) -> None:
    net = network()
    net.fit(X, Y, epochs=1, optimizer=Adam(0.01))
    twin = COPIES[how](net)
    before = bits(net.parameters, *net._model.state.current.memory)
    for array in (
        twin._model.state.parameters.flat,
        twin._model.state.current.counters,
        *twin._model.state.current.memory,
    ):
        assert array.flags.writeable
        assert array.flags.aligned
    for array in (twin._model.state.parameters.flat, *twin._model.state.current.memory):
        assert array.ctypes.data % 64 == 0, "rows begin on cache lines"
    twin.fit(X, Y, epochs=2)
    assert bits(net.parameters, *net._model.state.current.memory) == before
    net.fit(X, Y, epochs=2)
    assert bits(net.parameters) == bits(twin.parameters)


def fitted(net: Network) -> Any:
    net.fit(X, Y, epochs=1)
    return net.parameters


def test_a_network_that_joblib_maps_into_memory_read_only_can_be_fitted(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib", reason="joblib is not installed")
    net, twin = network(), network()
    net.fit(X, Y, epochs=1, optimizer=Adam(0.01))
    twin.fit(X, Y, epochs=1, optimizer=Adam(0.01))
    joblib.dump(net, tmp_path / "net.joblib")
    loaded = joblib.load(tmp_path / "net.joblib", mmap_mode="r")
    assert bits(fitted(loaded)) == bits(fitted(twin))


class Named(Network):
    """A subclass with a constructor, an attribute and a slot of its own."""

    __slots__ = ("slot",)

    def __init__(self, name: str) -> None:
        super().__init__([4, 5, 3], seed=1, dtype="float64")
        self.name = name
        self.slot = [name]


@pytest.mark.parametrize("how", COPIES)
def test_attributes_of_users_and_subclasses_are_copied(how: str) -> None:
    net: Any = Named("first")
    net.note = {"owner": ["me"]}
    net.fit(X, Y, epochs=1, optimizer="adam")
    twin = COPIES[how](net)
    assert type(twin) is Named
    assert (twin.name, twin.slot, twin.note) == ("first", ["first"], {"owner": ["me"]})
    twin.note["owner"].append("you")
    assert net.note == {"owner": ["me"]}, "deep copies"
    assert bits(twin.predict(X)) == bits(net.predict(X))


def test_an_attribute_that_refers_to_its_network_refers_to_the_copy() -> None:
    net: Any = network()
    net.me = net
    twin: Any = net.copy()
    assert twin.me is twin


def test_a_network_has_no_attribute_beside_its_model() -> None:
    """Any other would have to be saved, copied and gone back to by itself."""
    net = network()
    net.fit(X, Y, epochs=1)
    assert net.__dict__.keys() == {"_model"}
