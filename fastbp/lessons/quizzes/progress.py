"""What a reader has answered so far, kept in a JSON file from quiz to quiz."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastbp.errors import FileFormatError
from fastbp.inputs.scalars import short_repr
from fastbp.model_file.atomic_write import replace_file
from fastbp.model_file.strict_json import parse_json

_VERSION_KEY, _VERSION = "fastbp_quiz_progress", 1
_COUNTS = ("asked", "right")


def default_path(environment: Mapping[str, str] | None = None) -> Path:
    """Where progress is kept unless a file is named: in the user's data folder.

    That is ``$XDG_DATA_HOME/fastbp`` or, without an absolute path there (XDG Base Directory
    Specification), ``~/.local/share/fastbp``.

    Examples
    --------
    >>> print(default_path({"XDG_DATA_HOME": "/data"}))
    /data/fastbp/quiz.json
    """
    folder = (os.environ if environment is None else environment).get("XDG_DATA_HOME", "")
    base = Path(folder) if os.path.isabs(folder) else Path.home() / ".local" / "share"
    return base / "fastbp" / "quiz.json"


@dataclass
class Progress:
    """How many questions were asked and answered right, of each kind.

    Attributes
    ----------
    kinds : dict
        Kind -> {"asked": ..., "right": ...}.
    quizzes : int
        How many quizzes there were.

    Examples
    --------
    >>> progress = Progress()
    >>> progress.add([("update", True), ("update", False)])
    >>> progress.kinds, progress.asked, progress.right
    ({'update': {'asked': 2, 'right': 1}}, 2, 1)
    """

    kinds: dict[str, dict[str, int]] = field(default_factory=dict)
    quizzes: int = 0

    @classmethod
    def load(cls, path: Path) -> Progress:
        """Read a file; where there is none, nothing has been answered.

        Raises
        ------
        FileFormatError
            If the file is something else: it is then not written over.
        OSError
            If it cannot be read.
        """
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return cls()
        label = f"file {path}"
        document = parse_json(raw, label)
        kinds, quizzes = document.get("kinds"), document.get("quizzes", 0)
        if document.get(_VERSION_KEY) != _VERSION or not isinstance(kinds, dict):
            raise FileFormatError(
                f"the {label} holds no progress of fastbp quiz (format {_VERSION}); name another "
                "file with --progress"
            )
        if not _is_count(quizzes):
            raise FileFormatError(
                f"the {label}: quizzes is {short_repr(quizzes)}, expected a count; name another "
                "file with --progress"
            )
        for kind, counts in kinds.items():
            if (
                not isinstance(counts, dict)
                or not all(_is_count(counts.get(name)) for name in _COUNTS)
                or counts["right"] > counts["asked"]
            ):
                raise FileFormatError(
                    f"the {label}: {short_repr(kind)} is {short_repr(counts)}, expected counts "
                    "asked and right; name another file with --progress"
                )
        return cls(
            {kind: {name: counts[name] for name in _COUNTS} for kind, counts in kinds.items()},
            quizzes,
        )

    @classmethod
    def record(cls, path: Path, answers: Iterable[tuple[str, bool]]) -> Progress:
        """Add a quiz to a file, to what stands in it now: another quiz may have ended meanwhile."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.parent):
            progress = cls.load(path)
            progress.add(answers)
            progress.save(path)
        return progress

    def add(self, answers: Iterable[tuple[str, bool]]) -> None:
        """Count a quiz: for each answered question its kind, and whether it was right."""
        self.quizzes += 1
        for kind, is_right in answers:
            counts = self.kinds.setdefault(kind, dict.fromkeys(_COUNTS, 0))
            counts["asked"] += 1
            counts["right"] += is_right

    def save(self, path: Path) -> None:
        """Write the file; its folder is made if need be. After a failure the old one is there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {_VERSION_KEY: _VERSION, "quizzes": self.quizzes, "kinds": self.kinds}
        replace_file(path, [(json.dumps(document, indent=1) + "\n").encode()])

    @property
    def asked(self) -> int:
        """Questions of all kinds."""
        return sum(counts["asked"] for counts in self.kinds.values())

    @property
    def right(self) -> int:
        """Of these the ones answered right."""
        return sum(counts["right"] for counts in self.kinds.values())


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait for other quizzes that write in a folder; where folders have no locks, do not."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have none
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # which unlocks


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
