"""What teaches: traces of one sample, worked derivations, and quizzes.

>>> import fastbp
>>> len(fastbp.lessons.quiz(n=3, seed=1))
3
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastbp.lessons.quizzes.files import quiz_from_json as quiz_from_json
    from fastbp.lessons.quizzes.files import quiz_to_json as quiz_to_json
    from fastbp.lessons.quizzes.quiz import quiz as quiz

# Imported on first access, as the names of fastbp itself.
_MODULE_OF = {
    "quiz": "quizzes.quiz",
    "quiz_from_json": "quizzes.files",
    "quiz_to_json": "quizzes.files",
}


def __getattr__(name: str) -> object:
    """Import a function of the lessons on first access."""
    import importlib

    if name in _MODULE_OF:
        value = getattr(importlib.import_module(f"fastbp.lessons.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'fastbp.lessons' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
