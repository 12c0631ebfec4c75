"""The learner's file in its own process: its functions, and calls of them."""

import faulthandler
import functools
import inspect
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastbp.bench.custom_rungs import load_file
from fastbp.bench.error_messages import NOT_USER_CODE, place
from fastbp.bench.worker import reason

CONSTANTS = (
    "ACTIVATION",
    "OUTPUT_ACTIVATION",
    "LOSS",
    "LEARNING_RATE",
    "BIAS",
    "SIZES",
    "W_SHAPE",
)
MOST_MEMORY = 2 * 2**30  # bytes; a list that never ends must not take the machine's
MOST_NUMBERS = 200_000  # of a result; the networks have some dozens
_PLAIN = {type(None), bool, int, float, str}
MOST_NESTED = 20  # a list that is in itself has no end
DUMP_AT = 0.9  # of the time limit: where the file is then is what a message shows


_NAMELESS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class Parameter(NamedTuple):
    """A parameter of a learner's function."""

    name: str
    required: bool
    by_name: bool


class Function(NamedTuple):
    """A function of the file."""

    name: str
    path: str
    line: int
    parameters: tuple[Parameter, ...]
    calls: frozenset[str] = frozenset()  # names that stand in it
    nameless: tuple[str, ...] = ()  # *args, **kwargs


@dataclass
class Description:
    """What a file has: functions, constants that say what its network is, and NumPy or not."""

    functions: list[Function]
    constants: dict[str, Any]
    uses_numpy: bool
    classes: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    """What came of a call: the result and the arguments after it, as plain lists and arrays."""

    result: Any = None
    arguments: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    warned: list[str] = field(default_factory=list)


class LearnerFile:
    """A file of a learner's.

    Parameters
    ----------
    path : str
        The Python file.
    dump : str
        A file into which is written, shortly before the time of a call is up, where it is.
    """

    def __init__(self, path: str, dump: str, threads: int = 1) -> None:
        self._path, self._dump = path, dump

    def limit_memory(self) -> None:
        """Let this process have so much memory, where the system can say so."""
        with suppress(ImportError, ValueError, OSError):
            import resource  # not on Windows

            hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
            resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, hard))

    def load(self, seconds: float) -> None:
        """Import the file."""
        with self._watched(seconds):
            try:
                self._module = load_file(Path(self._path).resolve())
            except BaseException as error:
                raise RuntimeError(why_raised(error, importing=True)) from None

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        """Write the lines that run shortly before the time is up."""
        with open(self._dump, "w", encoding="utf-8") as file:
            faulthandler.dump_traceback_later(DUMP_AT * seconds, file=file)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()

    def describe(self) -> Description:
        """List the functions of the user's own, imported ones too, and the constants."""
        names = vars(self._module)
        codes = {name: _code(value) for name, value in names.items()}
        functions = [
            _function(name, names[name], code) for name, code in codes.items() if code is not None
        ]
        classes = [
            name
            for name, value in names.items()
            if isinstance(value, type) and value.__module__ == self._module.__name__
        ]
        uses_numpy = any(
            value is np or (getattr(value, "__module__", None) or "").split(".")[0] == "numpy"
            for value in names.values()
        )
        constants = {name: names[name] for name in CONSTANTS if name in names}
        return Description(functions, constants, uses_numpy, classes)

    def call(self, name: str, values: dict[str, Any], each: bool, seconds: float) -> Outcome:
        """Call a function; ``each`` calls it for every number of its single list argument."""
        function: Callable[..., Any] = getattr(self._module, name)
        by_name, in_order = _split(function, values)
        outcome = Outcome()
        with self._watched(seconds), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                if each:
                    (numbers,) = values.values()
                    result = [function(number) for number in numbers]
                else:
                    result = function(*in_order, **by_name)
                outcome.result = plain(result)  # a generator's lines run only now
                outcome.arguments = {name: plain(value) for name, value in values.items()}
            except BaseException as error:
                return Outcome(error=why_raised(error))
        outcome.warned = [str(warning.message) for warning in caught]
        return outcome


def why_raised(error: BaseException, importing: bool = False) -> str:
    """What was raised, in which line of the learner's, and what to do if that is known."""
    words, remedy = reason(error), ""
    if isinstance(error, SystemExit):
        words = "it ends Python (sys.exit)"
        remedy = '; put that under if __name__ == "__main__":' if importing else ""
    elif isinstance(error, EOFError):
        remedy = "; input() has nobody to ask here"
    elif isinstance(error, MemoryError):
        words = f"MemoryError: it takes more than {MOST_MEMORY >> 30} GiB"
    return f"{words} {place(error)}".rstrip() + remedy


def _code(value: Any) -> types.CodeType | None:
    """The code of a function of the user's own, also of one wrapped; None of anything else."""
    if isinstance(value, functools.partial):
        return _code(value.func)
    if isinstance(value, np.vectorize):
        return _code(value.pyfunc)
    value = getattr(value, "__func__", value)  # of a method
    if not isinstance(value, types.FunctionType):
        return None
    path = Path(value.__code__.co_filename)
    users = not any(map(path.resolve().is_relative_to, NOT_USER_CODE))
    return value.__code__ if users else None


def _names_in(code: types.CodeType) -> set[str]:
    inner = (part for part in code.co_consts if isinstance(part, types.CodeType))
    return set(code.co_names).union(*map(_names_in, inner))


def _function(name: str, function: Callable[..., Any], code: types.CodeType) -> Function:
    signature = inspect.signature(getattr(function, "pyfunc", function))
    parameters = tuple(
        Parameter(
            parameter.name,
            parameter.default is parameter.empty,
            parameter.kind is parameter.KEYWORD_ONLY,
        )
        for parameter in signature.parameters.values()
        if parameter.kind not in _NAMELESS
    )
    nameless = tuple(str(of) for of in signature.parameters.values() if of.kind in _NAMELESS)
    calls = frozenset(_names_in(code))
    return Function(name, code.co_filename, code.co_firstlineno, parameters, calls, nameless)


def _split(
    function: Callable[..., Any], values: dict[str, Any]
) -> tuple[dict[str, Any], list[Any]]:
    """Arguments by name, and those in order, of parameters that have no name outside."""
    in_order = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.POSITIONAL_ONLY and parameter.name in values
    ]
    by_name = {name: value for name, value in values.items() if name not in in_order}
    return by_name, [values[name] for name in in_order]


def plain(value: Any) -> Any:
    """Copy what a call left as lists, dicts, numbers and arrays, which any process can read.

    Raises
    ------
    ValueError
        If it has too many numbers, or lists in lists.
    """
    return _plain(value, iter(range(MOST_NUMBERS)), MOST_NESTED)


def _plain(value: Any, left: Iterator[int], levels: int) -> Any:
    """``left`` counts down the numbers that may still come, ``levels`` the lists in lists."""
    if not levels:
        raise ValueError(f"it gave more than {MOST_NESTED} lists in one another")
    size = value.size if isinstance(value, np.ndarray) else 1
    if size > MOST_NUMBERS or next(left, None) is None:
        raise ValueError(f"it gave more than {MOST_NUMBERS:,} numbers")
    if type(value) in _PLAIN:
        return value
    if isinstance(value, np.ndarray) and value.dtype != object:
        return np.array(value)
    if isinstance(value, np.ndarray):
        return _plain(value.tolist(), left, levels - 1)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple | Iterator):  # also map, zip and generators
        return [_plain(part, left, levels - 1) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part, left, levels - 1) for key, part in value.items()}
    return f"<{type(value).__name__}>"
