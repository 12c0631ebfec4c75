"""An object's attributes, wherever they are stored: what copies and pickles take along."""

from typing import Any


def attributes_of(obj: object, *left_out: str) -> dict[str, Any]:
    """All attributes, those of users and subclasses and those in slots too, but for some names."""
    state = object.__getstate__(obj)
    dicts = [part for part in (state if isinstance(state, tuple) else (state,)) if part]
    return {name: part[name] for part in dicts for name in part if name not in left_out}


def set_attributes(obj: object, attributes: dict[str, Any]) -> None:
    """Set attributes, also where their class refuses it."""
    for name, value in attributes.items():
        object.__setattr__(obj, name, value)
