"""A save holds one moment and takes a few blocks; a load takes the network and a few blocks."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import (
    edited,
    file_bytes,
    join,
    peak_bytes,
    refuse,
    same_parameters,
    split,
    trained_network,
)

import fastbp
from fastbp import Network
from fastbp.model_file import atomic_write
from fastbp.model_file.row_blocks import BLOCK_BYTES


class WatchedOS:
    """The module os, with something done before each write and each flush."""

    def __init__(self, callback: Callable[[str], object]) -> None:
        self._callback = callback

    def __getattr__(self, name: str) -> Any:
        real = getattr(atomic_write_os, name)
        if name not in ("write", "fsync", "replace"):
            return real

        def call(*args: Any) -> Any:
            self._callback(name)
            return real(*args)

        return call


atomic_write_os = atomic_write.os


def test_a_file_written_while_the_weights_change_can_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Network([300, 400, 10], seed=1)  # the weights take half a block

    def change(name: str) -> None:
        net.weights[0][...] += 1
        net.biases[0][...] += 1

    monkeypatch.setattr(atomic_write, "os", WatchedOS(change))
    net.save(tmp_path / "model")
    monkeypatch.undo()
    assert Network.load(tmp_path / "model").sizes == net.sizes


def test_training_waits_for_the_numbers_and_not_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = trained_network()
    lock = threading.RLock()  # one that can be tried

    class Tried:
        def hold(self) -> Any:
            return lock

    net._model.state_lock = Tried()
    free: dict[str, set[bool]] = {"write": set(), "fsync": set(), "replace": set()}

    def check_lock(name: str) -> None:
        def take() -> None:
            acquired = lock.acquire(blocking=False)
            free[name].add(acquired)
            if acquired:
                lock.release()

        other = threading.Thread(target=take)
        other.start()
        other.join()

    monkeypatch.setattr(atomic_write, "os", WatchedOS(check_lock))
    net.save(tmp_path / "model")
    # The last write is the header, made of what was kept.
    assert free == {"write": {False, True}, "fsync": {True}, "replace": {True}}


def test_a_file_holds_one_moment_of_parameters_and_memory(tmp_path: Path) -> None:
    net = Network([60, 300, 5], seed=0)
    net.optimizer = fastbp.Adam()
    stop = threading.Event()

    def train() -> None:
        moment = 0.0
        while not stop.is_set():
            moment += 1
            with net._model.state_lock.hold():
                for flat in (net._model.state.parameters.flat, *net._model.state.current.memory):
                    flat[:] = moment
                net._model.state.current.counters[:] = int(moment)

    trainer = threading.Thread(target=train)
    trainer.start()
    try:
        for _ in range(20):
            net.save(tmp_path / "model")
            again = Network.load(tmp_path / "model")
            moments = [*again._model.state.current.counters, *np.unique(again.parameters)]
            for name, part in again._model.state.tensors().items():
                moments += np.unique(part).tolist() if "." in name else []
            assert len(moments) == 2 + 1 + 2 * 4
            assert len(set(moments)) == 1
    finally:
        stop.set()
        trainer.join()


def test_a_handler_may_save_while_its_thread_trains(tmp_path: Path) -> None:
    net = trained_network()
    with (
        net._model.state_lock.hold()
    ):  # held around a slice of training, in which a handler of signals runs
        net.save(tmp_path / "model")
    assert same_parameters(Network.load(tmp_path / "model"), net)


def test_saving_and_loading_import_nothing_more(tmp_path: Path) -> None:
    code = """
import sys
import fastbp
net = fastbp.Network([2, 1])
before = set(sys.modules)
net.save(sys.argv[1])
fastbp.Network.load(sys.argv[1])
print([name for name in set(sys.modules) - before if name.startswith("fastbp")])
"""
    command = [sys.executable, "-c", code, str(tmp_path / "model")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_save_takes_a_few_blocks_of_memory(tmp_path: Path) -> None:
    net = Network([1500, 1500, 10], activation="relu", seed=0)
    net.optimizer = fastbp.Adam()
    assert net._model.state.parameters.flat.nbytes > 8 * BLOCK_BYTES
    assert peak_bytes(lambda: net.save(tmp_path / "model")) < 3 * BLOCK_BYTES


def test_a_load_takes_the_network_and_a_few_blocks(tmp_path: Path) -> None:
    net = Network([1500, 1500, 10], activation="relu", seed=0)
    net.optimizer = fastbp.Adam()
    net.save(tmp_path / "model")
    network = 3 * net._model.state.parameters.flat.nbytes  # with the two moments
    assert peak_bytes(lambda: Network.load(tmp_path / "model")) < network + 4 * BLOCK_BYTES


def test_the_checksum_comes_before_what_is_said_of_a_number(tmp_path: Path) -> None:
    header, payload = split(file_bytes(tmp_path))
    end = header["w1"]["data_offsets"][1]
    damaged = payload[: end - 4] + np.float32(np.nan).tobytes() + payload[end:]
    (tmp_path / "damaged").write_bytes(join(header, damaged))
    refuse(tmp_path / "damaged", "checksum")
    with pytest.raises(fastbp.FileFormatError, match="checksum"):
        Network.load(tmp_path / "damaged", allow_nonfinite=True)


def test_a_parameter_that_is_not_finite_is_named_before_the_optimizers_memory(
    tmp_path: Path,
) -> None:
    def edit(tensors: dict[str, Any], metadata: object) -> None:
        for tensor in tensors.values():
            tensor[1:] = np.nan

    refuse(edited(tmp_path, edit), r": b1\[1\] is nan")


def test_the_place_of_a_number_counts_the_rows_of_earlier_blocks(tmp_path: Path) -> None:
    n_in = BLOCK_BYTES // 4 // 8  # eight rows a block
    net = Network([n_in, 20], seed=0)
    net.weights[0][17, 5] = np.inf
    net.save(tmp_path / "model")
    refuse(tmp_path / "model", r"w1\[17, 5\] is inf")


def test_a_memory_that_is_not_finite_is_left_out(tmp_path: Path) -> None:
    net = trained_network()
    steps = net._model.state.description()["steps"]
    net._model.state.current.memory[0][0] = np.inf
    net.save(tmp_path / "model")
    again = Network.load(tmp_path / "model")
    assert same_parameters(again, net)
    assert (again.optimizer, again._model.state.current.memory) == (net.optimizer, ())
    assert again._model.state.steps == steps  # as when a load leaves it out
    again.optimizer = net.optimizer  # training begins so: afresh
    assert (again._model.state.steps, len(again._model.state.current.memory)) == (0, 1)
    # In the rows' padding there is no number of the network.
    net = trained_network()
    (memory,) = net._model.state.current.memory
    memory[:] = np.where(memory == 0, np.nan, memory)
    assert net._model.layout.w(memory, 1).all()
    net.save(tmp_path / "model")
    assert Network.load(tmp_path / "model")._model.state.current.memory


def test_a_memory_that_was_forgotten_is_not_written(tmp_path: Path) -> None:
    net = trained_network()
    net._model.state.forget_memory()
    net.save(tmp_path / "model")
    assert Network.load(tmp_path / "model")._model.state.current.memory == ()


@pytest.mark.filterwarnings("ignore:Setting the (shape|dtype):DeprecationWarning")
def test_what_a_caller_did_to_a_live_view_is_not_saved(tmp_path: Path) -> None:
    expected = file_bytes(tmp_path)
    net = trained_network()
    net.biases[0].shape = (3, 1)
    net.biases[1].dtype = np.int32
    net.weights[0].dtype = np.int32
    assert file_bytes(tmp_path, net) == expected
    assert same_parameters(Network.load(tmp_path / "whole.safetensors"), trained_network())


class Classifier(Network):
    """A subclass whose arguments are its own."""

    def __init__(self, n_classes: int) -> None:
        super().__init__([4, n_classes], seed=n_classes)


def test_a_subclass_loads_as_itself(tmp_path: Path) -> None:
    net = Classifier(3)
    net.save(tmp_path / "model")
    again = Classifier.load(tmp_path / "model")
    assert type(again) is Classifier
    assert same_parameters(again, net)
    assert type(Network.load(tmp_path / "model")) is Network
