"""Networks from and for other tools; each converter is imported when it is first asked for.

None of the tools is needed by fastbp itself: the converter that misses one names the extra.
"""

__all__ = ["from_sklearn", "to_sklearn"]

# Public name -> the module that has it.
_MODULES = {"from_sklearn": "scikit_learn", "to_sklearn": "scikit_learn_estimator"}


def __getattr__(name: str) -> object:
    """Import a converter on first access."""
    if name in _MODULES:
        import importlib

        return getattr(importlib.import_module(f"fastbp.interchange.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'fastbp.interchange' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
