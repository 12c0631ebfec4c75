"""Replacing a file as a whole: whatever goes wrong, its name holds the old file or the new one."""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

# Some network and FUSE file systems cannot flush a folder, and say so with one of these.
_FOLDER_CANNOT_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


def replace_file(path: str, chunks: Iterable[memoryview]) -> None:
    """Write a new file beside the old one, make it durable, and give it the old one's name.

    A process that is killed in between leaves the old file and perhaps one named ``.fastbp-*.tmp``,
    which may be deleted. Readers that have the old file open or mapped keep its contents.

    Parameters
    ----------
    path : str
        The file; a link is followed. Its folder must exist.
    chunks : iterable of memoryview of bytes
        What the file is to hold, in order.

    Raises
    ------
    ValueError
        If the name belongs to something that is not a regular file.
    OSError
        If it cannot be written. The old file is then unchanged, except after a failure to flush
        the folder, the last thing done: the new file is then in place, whole.
    """
    target, temporary, mode = _plan(path)
    try:
        _write_durably(temporary, chunks, mode)
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            error.filename, error.filename2 = path, None  # the name that the caller knows
        raise
    _flush_folder(os.path.dirname(target))


def check_replaceable(path: str) -> None:
    """Raise now what :func:`replace_file` would raise later; leaves nothing behind.

    A new file is made beside the old one and removed: a folder's permissions do not tell whether
    its file system takes files.
    """
    _, temporary, _ = _plan(path)
    try:
        os.close(os.open(temporary, _NEW_FILE, 0o666))
    except OSError as error:
        error.filename = path
        raise
    os.unlink(temporary)


def _plan(path: str) -> tuple[str, str, int | None]:
    """The file itself, the new one's name until it is whole, and the permissions to keep."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    mode = _mode_of(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, "there is no such folder to save into", folder)
    return target, os.path.join(folder, f".fastbp-{secrets.token_hex(8)}.tmp"), mode


def _mode_of(target: str) -> int | None:
    """Permissions to keep, or None for a new file."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise ValueError(f"path: {target} is not a regular file; give the name of a file to write")
    # Replacing needs no permission on the file itself, so its protection is asked for here.
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is write-protected", target)
    return stat.S_IMODE(mode)


def _write_durably(name: str, chunks: Iterable[memoryview], mode: int | None) -> None:
    descriptor = os.open(name, _NEW_FILE, 0o666)
    try:
        for chunk in chunks:
            written = 0
            while written < len(chunk):
                written += os.write(descriptor, chunk[written:])
        if mode is not None:
            os.chmod(name, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
