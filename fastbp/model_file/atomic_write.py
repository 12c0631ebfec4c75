"""Atomic replacement of files: after any failure the path holds the old file or the new one."""

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from fastbp.model_file.paths import path_name
from fastbp.text.printable import printable

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

# Some network and FUSE file systems cannot flush a folder, and say so with one of these.
_FOLDER_CANNOT_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}

# A temporary that nobody wrote to for a day belongs to a process that is dead.
_STALE_SECONDS = 24 * 3600

# While a private file is written its copy is private too; the rest of the mode comes at the end.
_PRIVATE = 0o600


class NewFile:
    """The file being written, under its temporary name."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def seek(self, offset: int) -> None:
        """Continue at a byte, counted from the start of the file."""
        os.lseek(self._descriptor, offset, os.SEEK_SET)

    def write(self, data: bytes | memoryview) -> None:
        """Write all of these bytes here."""
        remaining = memoryview(data)
        while remaining:
            remaining = remaining[os.write(self._descriptor, remaining) :]


def replace_file(path: str | os.PathLike[str], chunks: Iterable[bytes | memoryview]) -> None:
    """Write a new file from its parts, in order; see :func:`replace_with`.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     name = os.path.join(folder, "table.csv")
    ...     replace_file(name, [b"a,b", b"1,2"])
    ...     os.path.getsize(name)
    6
    """

    def fill(file: NewFile) -> None:
        for chunk in chunks:
            file.write(chunk)

    replace_with(path_name(path), fill)


def replace_with(path: str, fill: Callable[[NewFile], object]) -> None:
    """Write a new file beside the old one, make it durable, and give it the old one's name.

    A process that is killed in between leaves the old file and perhaps a temporary one, named
    ``.fastbp-*.tmp``. Later calls for the same path remove it when it is a day old. Readers that
    have the old file open or mapped keep its contents.

    The new file gets the old one's permissions, owner and group, as far as the operating system
    lets this process set them. Where the group cannot be kept, its members get the permissions of
    everybody else. Hard links to the old file keep the old contents.

    Parameters
    ----------
    path : str
        The file; a link is followed. Its folder must exist.
    fill : callable
        Called once with the new file, to write what it is to hold.

    Raises
    ------
    ValueError
        If the name belongs to something that is not a regular file.
    OSError
        If it cannot be written. The old file is then unchanged, except after a failure to flush
        the folder, the last thing done: the new file is then in place, whole. The message says
        which.
    """
    plan = _plan(path)
    _remove_stale(plan)
    try:
        _write_durably(plan, fill)
        os.replace(plan.temporary, plan.target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(plan.temporary)
        if isinstance(error, OSError) and error.errno is not None:
            raise _explained(error, path, plan.outcome) from None
        raise
    try:
        _flush_folder(os.path.dirname(plan.target))
    except OSError as error:
        outcome = "the new file is in place, but a power failure now could bring the old one back"
        raise _explained(error, path, outcome) from None


def check_replaceable(path: str) -> None:
    """Raise now what :func:`replace_file` would raise later; leaves nothing behind.

    A new file is made beside the old one and removed: a folder's permissions do not tell whether
    its file system takes files.
    """
    plan = _plan(path)
    try:
        os.close(os.open(plan.temporary, _NEW_FILE, _PRIVATE))
    except OSError as error:
        raise _explained(error, path) from None
    os.unlink(plan.temporary)


class _Plan(NamedTuple):
    target: str
    #: The new file's name until it is whole.
    temporary: str
    old: os.stat_result | None

    @property
    def outcome(self) -> str:
        """What a failure before the replacement leaves."""
        return "no file was made" if self.old is None else "the old file is unchanged"


def _plan(path: str) -> _Plan:
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    old = _old_file(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, "there is no such folder to save into", folder)
    temporary = f"{_temporary_prefix(target)}{secrets.token_hex(8)}.tmp"
    return _Plan(target, os.path.join(folder, temporary), old)


def _temporary_prefix(target: str) -> str:
    """A prefix for the target's temporary files; of fixed length, since file names are limited."""
    name = os.fsencode(os.path.basename(target))
    return f".fastbp-{hashlib.sha256(name).hexdigest()[:8]}-"


def _old_file(target: str) -> os.stat_result | None:
    """The file to replace, or None where there is none."""
    try:
        old = os.stat(target)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(old.st_mode):
        raise ValueError(
            f"path: {printable(target)} is not a regular file; give the name of a file to write"
        )
    # Replacing needs no permission on the file itself, so its protection is checked here.
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is write-protected", target)
    return old


def _remove_stale(plan: _Plan) -> None:
    """Remove what killed processes left of this target; never a reason to fail."""
    name = re.compile(re.escape(_temporary_prefix(plan.target)) + r"[0-9a-f]{16}\.tmp")
    newest = time.time() - _STALE_SECONDS
    with contextlib.suppress(OSError), os.scandir(os.path.dirname(plan.target)) as entries:
        for entry in entries:
            if not name.fullmatch(entry.name):
                continue
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode) and status.st_mtime < newest:
                    os.unlink(entry.path)


def _write_durably(plan: _Plan, fill: Callable[[NewFile], object]) -> None:
    mode = 0o666 if plan.old is None else _PRIVATE
    descriptor = os.open(plan.temporary, _NEW_FILE, mode)
    try:
        fill(NewFile(descriptor))
        if plan.old is not None:
            _keep_owner_and_mode(descriptor, plan.temporary, plan.old)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_owner_and_mode(descriptor: int, name: str, old: os.stat_result) -> None:
    mode = stat.S_IMODE(old.st_mode)
    if os.name == "posix":
        # The group first and the owner last: who gave a file away may not change its mode.
        _give(descriptor, -1, old.st_gid)
        if os.fstat(descriptor).st_gid != old.st_gid:
            mode = mode & ~0o070 | (mode & 0o007) << 3
    # Some file systems have one mode for all files and refuse every chmod.
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
        os.chmod(name, mode)
    if os.name == "posix":
        _give(descriptor, old.st_uid, -1)


def _give(descriptor: int, owner: int, group: int) -> None:
    status = os.fstat(descriptor)
    if owner in (-1, status.st_uid) and group in (-1, status.st_gid):
        return
    with contextlib.suppress(OSError):
        os.fchown(descriptor, owner, group)


def _flush_folder(folder: str) -> None:
    """Make the new name itself survive a power failure."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _FOLDER_CANNOT_FLUSH:
            raise
    finally:
        os.close(descriptor)


def _explained(error: OSError, path: str, outcome: str = "") -> OSError:
    """The same error, with the name that the caller knows and what became of the file.

    The name stays as it is, for callers who go on with it; Python shows its ``repr``.
    """
    return type(error)(error.errno, "; ".join(filter(None, [error.strerror, outcome])), path)
