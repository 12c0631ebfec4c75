"""Checks of dicts and lists in one another: how deep they go, and that they end."""

from typing import Any

# Far more than a description needs, and far less than what copying, comparing or parsing one stands
# at any depth of the caller's own stack (copy.deepcopy takes two frames a level, of 1,000).
MOST_LEVELS = 100


def is_too_deep(value: object) -> bool:
    """Whether dicts, lists and tuples are nested more than `MOST_LEVELS` deep, or in a circle.

    Examples
    --------
    >>> is_too_deep({"columns": [["a"], ["b"]]})
    False
    """
    level = [value]
    for _ in range(MOST_LEVELS + 1):
        # By identity, or a list that holds the next one twice, and so on, would double each level.
        containers = {id(part): part for part in level if isinstance(part, (dict, list, tuple))}
        level = [
            part
            for container in containers.values()
            for part in (container.values() if isinstance(container, dict) else container)
        ]
        if not containers:
            return False
    return True


def check_preprocessing(value: Any) -> dict[str, Any] | None:
    """Return a description of preprocessing, or None."""
    if value is not None and not isinstance(value, dict):
        raise TypeError(f"preprocessing must be a dict or None, got {type(value).__name__}")
    if is_too_deep(value):
        raise ValueError(
            f"preprocessing must be nested at most {MOST_LEVELS} levels deep, and not in itself"
        )
    return value
