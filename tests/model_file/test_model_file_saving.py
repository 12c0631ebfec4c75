"""A save that fails, is killed or meets another one: rows 92 to 95."""

import contextlib
import errno
import mmap
import os
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import read_tensors, same_parameters, trained_network, write_tensors

from fastbp import Network
from fastbp.model_file import atomic_write

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals or permissions")


class InjectedError(OSError):
    """A failure that a test asked for."""


class FaultyOS:
    """The module os, whose n-th call that touches a file fails."""

    TOUCHING = ("open", "write", "chmod", "fsync", "replace", "close")

    def __init__(self, fails_at: int) -> None:
        self.calls_left = fails_at
        self.failed = ""

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in self.TOUCHING:
            return real

        def call(*args: Any, **keywords: Any) -> Any:
            self.calls_left -= 1
            if self.calls_left == 0:
                self.failed = name
                if name == "close":
                    real(*args)
                raise InjectedError(errno.EIO, "injected")
            return real(*args, **keywords)

        return call


def test_row_92_failure_at_every_step_of_a_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    old, new = trained_network(), Network([4, 3, 2], seed=2)
    failed: list[str] = []
    while True:
        old.save(path)
        faulty = FaultyOS(len(failed) + 1)
        monkeypatch.setattr(atomic_write, "os", faulty)
        with contextlib.suppress(InjectedError):
            new.save(path)
        monkeypatch.undo()
        if not faulty.failed:
            break
        failed.append(faulty.failed)
        # After the replacement only the folder is opened, flushed and closed.
        expected = new if "replace" in failed[:-1] else old
        assert same_parameters(Network.load(path), expected), failed
        assert os.listdir(tmp_path) == ["model"], failed
    assert failed.count("write") >= 2
    assert [name for name in failed if name in ("fsync", "replace")] == [
        "fsync",
        "replace",
        "fsync",
    ]
    assert same_parameters(Network.load(path), new)


def test_row_92_an_interrupt_in_a_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "model"
    net = trained_network()
    net.save(path)
    faulty = FaultyOS(-1)
    faulty.fsync = interrupted  # type: ignore[attr-defined]
    monkeypatch.setattr(atomic_write, "os", faulty)
    with pytest.raises(KeyboardInterrupt):
        Network([2, 1], seed=0).save(path)
    assert same_parameters(Network.load(path), net)
    assert os.listdir(tmp_path) == ["model"]


def test_row_92_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = FaultyOS(-1)
    faulty.write = lambda file, data: os.write(file, data[:7])  # type: ignore[attr-defined]
    monkeypatch.setattr(atomic_write, "os", faulty)
    net = trained_network()
    net.save(tmp_path / "model")
    assert same_parameters(Network.load(tmp_path / "model"), net)


# In a process of its own, since the limit holds for whatever else a process writes.
SAVE_WITH_LITTLE_ROOM = """
import resource, sys
import fastbp
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
try:
    fastbp.Network([50, 50], seed=0).save(sys.argv[1])
except OSError as error:
    print(error.filename == sys.argv[1])
"""


@posix_only
def test_row_92_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "model"
    net = trained_network()
    net.save(path)
    command = [sys.executable, "-c", SAVE_WITH_LITTLE_ROOM, str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "True\n"
    assert same_parameters(Network.load(path), net)
    assert os.listdir(tmp_path) == ["model"]


SAVE_FOR_EVER = """
import sys
import fastbp
nets = [fastbp.Network([40, 30, 20], seed=seed) for seed in range(2)]
for i in range(1_000_000):
    nets[i % 2].save(sys.argv[1])
    if i == 1:
        print("saving", flush=True)
"""


@posix_only
def test_row_92_killed_while_saving(tmp_path: Path) -> None:
    path = tmp_path / "model"
    for delay in (0.003, 0.05):
        command = [sys.executable, "-c", SAVE_FOR_EVER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"saving\n"
            until = time.monotonic() + delay
            try:
                while time.monotonic() < until:
                    assert Network.load(path).sizes == (40, 30, 20)
            finally:
                writer.kill()
        assert Network.load(path).sizes == (40, 30, 20)


def test_row_93_readers_of_the_old_file_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "model"
    trained_network().save(path)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as old:
        before = bytes(old)
        Network([50, 50], seed=0).save(path)
        assert bytes(old) == before
    assert Network.load(path).sizes == (50, 50)


def test_row_94_two_writers_of_one_path(tmp_path: Path) -> None:
    path = tmp_path / "model"
    nets = [Network([10, 10 * n], seed=n) for n in (1, 2)]
    nets[0].save(path)
    writers = [
        threading.Thread(target=lambda net=net: [net.save(path) for _ in range(25)]) for net in nets
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        loaded = Network.load(path)
        assert same_parameters(loaded, nets[loaded.sizes[1] // 10 - 1])
    for writer in writers:
        writer.join()
    assert os.listdir(tmp_path) == ["model"]


def test_row_95_numbers_are_little_endian_whatever_the_host_has(tmp_path: Path) -> None:
    numbers = [[1.5, -2.0, 3.25], [0.0, 1e-3, 7.0]]
    files = []
    for dtype in ("<f4", ">f4"):
        path = tmp_path / dtype
        write_tensors(path, {"w1": np.array(numbers, dtype, order="F")}, {})
        files.append(path.read_bytes())
    assert files[0] == files[1]
    assert files[0].endswith(struct.pack("<6f", *numbers[0], *numbers[1]))
    tensors, _ = read_tensors(tmp_path / ">f4")
    assert tensors["w1"].dtype == np.dtype("=f4")
    np.testing.assert_array_equal(tensors["w1"], np.array(numbers, np.float32))


@posix_only
def test_saving_keeps_links_permissions_and_what_is_no_file(tmp_path: Path) -> None:
    net, target, link = Network([2, 1], seed=0), tmp_path / "target", tmp_path / "link"
    net.save(target)
    assert target.stat().st_mode & 0o777 == 0o666 & ~current_umask()
    target.chmod(0o640)
    link.symlink_to(target)
    net.save(link)
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    for path in (tmp_path, Path("/dev/null")):
        with pytest.raises(ValueError, match="not a regular file"):
            net.save(path)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        net.save(tmp_path / "none" / "model")
    if os.geteuid() != 0:
        target.chmod(0o440)
        with pytest.raises(PermissionError, match="write-protected"):
            net.save(target)


def current_umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
