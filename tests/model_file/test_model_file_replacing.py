"""What a save leaves beside the file, and says when it fails."""

import errno
import os
import pickle
import re
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from model_files import same_parameters, trained_network

from fastbp import Network
from fastbp.model_file import atomic_write
from fastbp.model_file.atomic_write import check_replaceable, replace_file

posix_only = pytest.mark.skipif(os.name != "posix", reason="owners and permissions are POSIX's")
root_only = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away"
)

TWO_DAYS = 2 * 24 * 3600


class ChangedOS:
    """The module os with some functions replaced."""

    def __init__(self, **changes: Any) -> None:
        self.__dict__.update(changes)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def change(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    monkeypatch.setattr(atomic_write, "os", ChangedOS(**changes))


def temporary_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that a killed save of `path` can leave behind."""
    names: list[str] = []

    def replace(temporary: str, target: str) -> None:
        names.append(os.path.basename(temporary))
        os.replace(temporary, target)

    change(monkeypatch, replace=replace)
    replace_file(str(path), [b"new"])
    monkeypatch.undo()
    return names[0]


def aged(path: Path) -> Path:
    then = time.time() - TWO_DAYS
    os.utime(path, (then, then), **({"follow_symlinks": False} if path.is_symlink() else {}))
    return path


@posix_only
def test_a_save_removes_what_killed_saves_of_the_same_file_left_a_day_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    left = [temporary_name(path, monkeypatch) for _ in range(4)]
    assert all(re.fullmatch(r"\.fastbp-[0-9a-f]{8}-[0-9a-f]{16}\.tmp", name) for name in left)
    assert len(set(left)) == 4
    of_another = temporary_name(tmp_path / "other", monkeypatch)
    (tmp_path / "other").unlink()

    aged_file, young_file, aged_folder, aged_link = (tmp_path / name for name in left)
    for file in (aged_file, young_file, tmp_path / of_another, tmp_path / "precious"):
        file.write_bytes(b"half a model")
    for name in (".fastbp-.tmp", f"{left[0]}~", f"a{left[0]}"):
        aged_copy = tmp_path / name
        aged_copy.write_bytes(b"")
        aged(aged_copy)
    aged_folder.mkdir()
    aged_link.symlink_to(tmp_path / "precious")
    for file in (aged_file, aged_folder, aged_link, tmp_path / of_another, tmp_path / "precious"):
        aged(file)

    before = set(os.listdir(tmp_path))
    check_replaceable(str(path))
    assert set(os.listdir(tmp_path)) == before
    Network([2, 1], seed=0).save(path)
    assert set(os.listdir(tmp_path)) == before - {aged_file.name}


def test_what_cannot_be_removed_or_listed_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    stale = tmp_path / temporary_name(path, monkeypatch)
    stale.write_bytes(b"")
    aged(stale)

    def refused(*args: Any) -> Any:
        raise PermissionError(errno.EACCES, "not yours")

    for function in ("unlink", "scandir"):
        change(monkeypatch, **{function: refused})
        replace_file(str(path), [function.encode()])
        monkeypatch.undo()
        assert path.read_bytes() == function.encode()
        assert stale.exists()


@posix_only
@pytest.mark.parametrize("function", ["open", "write", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS])
def test_a_failed_save_tells_the_path_the_reason_and_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, code: int
) -> None:
    path = tmp_path / "model"

    def failing(*args: Any) -> Any:
        raise OSError(code, os.strerror(code), "temporary", None, "other")

    for left in ("no file was made", "the old file is unchanged"):
        change(monkeypatch, **{function: failing})
        with pytest.raises(OSError, match=left) as caught:
            Network([50, 50], seed=0).save(path)
        monkeypatch.undo()
        error = caught.value
        assert type(error) is type(OSError(code, ""))
        assert (error.errno, error.filename, error.filename2) == (code, str(path), None)
        assert str(error) == f"[Errno {code}] {os.strerror(code)}; {left}: {str(path)!r}"
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
        assert path.exists() == (left != "no file was made")
        trained_network().save(path)
    assert same_parameters(Network.load(path), trained_network())
    assert os.listdir(tmp_path) == ["model"]


@posix_only
def test_a_folder_that_cannot_be_flushed_tells_that_the_new_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    trained_network().save(path)

    def flush(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "injected")

    change(monkeypatch, fsync=flush)
    new = Network([4, 3, 2], seed=2)
    with pytest.raises(OSError, match="the new file is in place") as caught:
        new.save(path)
    assert caught.value.filename == str(path)
    assert same_parameters(Network.load(path), new)


@posix_only
def test_check_replaceable_fails_as_a_save_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*args: Any) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "temporary")

    path = str(tmp_path / "model")
    change(monkeypatch, open=failing)
    with pytest.raises(OSError, match="no file was made") as save:
        replace_file(path, [b""])
    with pytest.raises(OSError, match=os.strerror(errno.EROFS)) as check:
        check_replaceable(path)
    assert (check.value.errno, check.value.filename) == (save.value.errno, save.value.filename)
    assert str(check.value) == f"[Errno {errno.EROFS}] {os.strerror(errno.EROFS)}: {path!r}"


@posix_only
@root_only
def test_a_save_keeps_the_owner_the_group_and_the_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    net = Network([2, 1], seed=0)
    net.save(path)
    os.chown(path, 1234, 2345)
    path.chmod(0o640)
    net.save(path)
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 2345, 0o640)

    def refused(*args: Any) -> None:
        raise PermissionError(errno.EPERM, "not root")

    # As for a user who may write the file and is not its owner, nor in its group.
    path.chmod(0o664)
    change(monkeypatch, fchown=refused)
    net.save(path)
    status = path.stat()
    # Another group gets what everybody had: it is not the one that was trusted.
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (
        os.geteuid(),
        os.getegid(),
        0o644,
    )


@posix_only
def test_a_private_file_is_private_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    net = Network([2, 1], seed=0)
    net.save(path)
    path.chmod(0o600)
    modes = set()

    def write(descriptor: int, data: Any) -> int:
        modes.add(os.fstat(descriptor).st_mode & 0o777)
        return os.write(descriptor, data)

    change(monkeypatch, write=write)
    net.save(path)
    assert modes == {0o600}


WRITERS: dict[str, Any] = {
    "replace_file": lambda path: replace_file(path, [b"new"]),
    "save": Network([2, 1], seed=0).save,
    "explore": lambda path: Network([2, 1], seed=0).explore(path, [[0, 1]], [1]),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("path", [b"a.html", 3, None], ids=repr)
def test_what_is_no_path_is_told_by_all_that_write(writer: str, path: Any) -> None:
    kind = type(path).__name__
    with pytest.raises(TypeError, match=rf"path must be a str or os\.PathLike, got {kind}"):
        WRITERS[writer](path)
