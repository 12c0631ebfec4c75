"""Options that do not go together."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence


def refuse(
    args: Namespace,
    names: Sequence[str],
    reason: str,
    remedy: str = "leave out one or the other",
) -> None:
    """Raise ValueError if one of these options was given; None is what none has without.

    >>> refuse(Namespace(model=None, quiz_seed=3), ["model", "quiz_seed"], "with --questions")
    Traceback (most recent call last):
    ...
    ValueError: --quiz-seed: not with --questions; leave out one or the other
    """
    given = [
        "MODEL" if name == "model" else f"--{name.replace('_', '-')}"
        for name in names
        if getattr(args, name) is not None
    ]
    if given:
        raise ValueError(f"{', '.join(given)}: not {reason}; {remedy}")
