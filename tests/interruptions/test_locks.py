"""The locks under a network: who waits, who is refused, and what is left behind."""

from __future__ import annotations

import pickle
import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from alarms import at_each_line
from ways_in import network, samples

from fastbp import _boundary
from fastbp._boundary import ExclusiveLock, FairRLock

X, Y = samples()


def test_an_exclusive_lock_refuses_the_second_claim_and_is_free_after_the_first() -> None:
    lock = ExclusiveLock()
    with lock.claim("fit"):
        again = pytest.raises(RuntimeError, match=r"train_step: .* by the call .* \(fit\)")
        with again, lock.claim("train_step"):
            raise AssertionError("entered")
        refused: list[str] = []

        def claim() -> None:
            try:
                with lock.claim("copying"):
                    refused.append("entered")
            except RuntimeError as error:
                refused.append(str(error))

        other = threading.Thread(target=claim)
        other.start()
        other.join()
        assert "in another thread (fit)" in refused[0]
    with pytest.raises(ZeroDivisionError), lock.claim("fit"):
        raise ZeroDivisionError
    with lock.claim("fit"):
        pass


def test_a_fair_lock_is_re_entrant_and_one_thread_s_at_a_time() -> None:
    lock, inside, seen = FairRLock(), [0], []

    def work() -> None:
        for _ in range(50):
            with lock.hold(), lock.hold():
                inside[0] += 1
                time.sleep(0)  # lets go of the GIL
                seen.append(inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 200


def test_a_fair_lock_lets_a_waiter_in_before_its_holder_comes_back() -> None:
    """As training does: release the lock and take it again at once."""
    lock = FairRLock()

    def lets_in() -> bool:
        waiting, entered = threading.Event(), threading.Event()

        def wait() -> None:
            waiting.set()
            with lock.hold():
                entered.set()

        other = threading.Thread(target=wait)
        with lock.hold():
            other.start()
            waiting.wait()
            time.sleep(0.05)  # unless the machine is busy, it stands at the turnstile by now
        with lock.hold():
            was_let_in = entered.is_set()
        other.join()
        return was_let_in

    assert any(lets_in() for _ in range(10))


def test_leaving_the_inner_of_two_nested_blocks_does_not_free_the_lock() -> None:
    lock = FairRLock()
    with lock.hold():
        with lock.hold():
            pass
        free: list[bool] = []
        other = threading.Thread(target=lambda: [lock.hold().__enter__(), free.append(True)])
        other.start()
        time.sleep(0.02)
        assert not free, "the outer `with` still holds it"
    other.join()
    assert free


def test_a_lock_is_free_when_what_entered_it_is_freed_without_leaving_it() -> None:
    """As where CPython 3.14 runs a handler that raises between __enter__ and the block."""
    exclusive, fair = ExclusiveLock(), FairRLock()
    claim, hold = exclusive.claim("fit"), fair.hold()
    claim.__enter__()
    with fair.hold():
        hold.__enter__()
        del claim, hold
        with exclusive.claim("fit"):
            pass
    entered: list[bool] = []

    def enter() -> None:
        with fair.hold():
            entered.append(True)

    other = threading.Thread(target=enter, daemon=True)
    other.start()
    other.join(5)
    assert entered
    with exclusive.claim("fit"):  # those that have left do not leave it again
        left = exclusive.claim("copying")
        with pytest.raises(RuntimeError, match="already being trained"):
            left.__enter__()
        del left
        with pytest.raises(RuntimeError, match="already being trained"), exclusive.claim("fit"):
            raise AssertionError("entered")


def test_arrays_and_attributes_are_replaced_all_or_none() -> None:
    targets = [np.zeros(3), np.zeros(4, np.float32), np.zeros(2, np.int64)]
    sources = [np.arange(3.0), np.arange(4, dtype=np.float32), np.arange(2)]
    holder = SimpleNamespace(first=0, second=0)
    attributes = [(holder, "first", 1), (holder, "second", 2)]
    _boundary.replace_all(list(zip(targets, sources, strict=True)), attributes)
    for target, source in zip(targets, sources, strict=True):
        assert np.array_equal(target, source)
    assert (holder.first, holder.second) == (1, 2)
    for wrong in (np.zeros(2), np.zeros(3, np.float32), np.zeros(6)[::2]):
        for target in targets:
            target[...] = 7
        pairs = [*zip(targets, sources, strict=True), (np.zeros(3), wrong)]
        with pytest.raises(ValueError, match="boundary"):
            _boundary.replace_all(pairs, [(holder, "first", 3)])
        assert all((target == 7).all() for target in targets)
        assert holder.first == 1
    with pytest.raises(AttributeError):
        _boundary.replace_all([(targets[0], sources[0])], [((), "first", 3)])
    assert (targets[0] == 7).all()


class Takes:
    """A snapshot of nothing, whose `settle` a handler interrupts so many times."""

    def __init__(self, lock: ExclusiveLock, interrupts: int = 0) -> None:
        self.lock, self.left = lock, interrupts
        self.calls: list[Any] = []

    def take(self) -> None:
        self.calls.append(self.lock.claim_number)
        if self.left < 0:
            raise KeyboardInterrupt

    def settle(self, error: BaseException | None) -> None:
        self.calls.append((self.lock.claim_number, error))
        self.left -= 1
        if self.left >= 0:
            raise KeyboardInterrupt(self.left)


def test_a_claim_settles_its_snapshot_however_often_handlers_raise() -> None:
    lock, error = ExclusiveLock(), ZeroDivisionError()
    assert lock.claim_number == 0
    with lock.claim("fit", snapshot := Takes(lock)):
        assert snapshot.calls == [1]
    assert snapshot.calls == [1, (1, None)]
    snapshot = Takes(lock, interrupts=3)
    with pytest.raises(KeyboardInterrupt) as raised, lock.claim("fit", snapshot):
        raise error
    assert raised.value.args == (0,)  # the last
    assert raised.value.__context__ is error
    assert snapshot.calls == [2, *4 * [(2, error)]]
    snapshot = Takes(lock, interrupts=-1)
    with pytest.raises(KeyboardInterrupt), lock.claim("fit", snapshot):
        raise AssertionError("entered")
    assert snapshot.calls == [3]
    assert lock.claim_number == 0


def test_a_network_cannot_be_built_anew_while_it_trains() -> None:
    net = network()

    def again(net: Any, epoch: int, history: Any) -> None:
        net.__init__([4, 3], seed=2)

    with pytest.raises(RuntimeError, match=r"Network.__init__: .* already being trained"):
        net.fit(X, Y, epochs=2, callbacks=again)
    assert net.sizes == (4, 5, 3)
    net.fit(X, Y, epochs=1)
    net.__init__([4, 3], seed=2)  # type: ignore[misc]
    assert net.sizes == (4, 3)


def test_reading_the_state_waits_for_the_slice_of_another_thread() -> None:
    net = network()
    done: dict[str, bool] = {}
    calls = {
        "copy": net.copy,
        "pickle": lambda: pickle.dumps(net),
        "learning rate": lambda: setattr(net, "learning_rate", 0.25),
        "parameters": lambda: setattr(net, "parameters", net.parameters),
        "classes": lambda: setattr(net, "classes", ["a", "b", "c"]),
    }
    for name, call in calls.items():
        with net._model.state_lock.hold():  # as fit holds it
            thread = threading.Thread(target=lambda c=call, n=name: [c(), done.update({n: True})])
            thread.start()
            time.sleep(0.02)
            assert name not in done
        thread.join()
        assert done[name]


def test_class_names_set_while_a_fit_reads_its_columns_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = network()

    def column_names(X: Any) -> tuple[str, ...]:
        net.classes = ["a", "b", "c"]
        return ("height", "width", "age", "weight")

    monkeypatch.setattr("fastbp.training.samples.column_names", column_names)
    net.fit(X.tolist(), Y, epochs=1)
    assert net.classes == ("a", "b", "c")
    assert net.feature_names == ("height", "width", "age", "weight")


def test_no_handler_loses_or_undoes_class_names() -> None:
    n_lines = 0
    for count in range(1, 99):
        net, left = network(), [count]

        def look(net: Any = net, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                net._model.learn(feature_names=("height",))

        def name(net: Any = net) -> None:
            net.classes = ["a", "b", "c"]

        at_each_line(name, look, "model/model.py")
        if left[0] > 0:
            break
        n_lines += 1
        assert net._model.state.learned[:2] == (("a", "b", "c"), ("height",)), f"at line {count}"
    assert 5 < n_lines < 98
