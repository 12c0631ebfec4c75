"""The learner's file in its own process: its functions, and calls of them."""

import faulthandler
import inspect
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fastbp.bench.custom_rungs import load_file
from fastbp.bench.error_messages import NOT_USER_CODE, place
from fastbp.bench.worker import reason

CONSTANTS = ("ACTIVATION", "OUTPUT_ACTIVATION", "LOSS", "LEARNING_RATE", "BIAS")
DUMP_AT = 0.9  # of the time limit: where the file is then is what a message shows


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


@dataclass
class Description:
    """What a file has: functions, constants that say what its network is, and NumPy or not."""

    functions: list[Function]
    constants: dict[str, Any]
    uses_numpy: bool


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

    def load(self, seconds: float) -> None:
        """Import the file."""
        with self._watched(seconds):
            try:
                self._module = load_file(Path(self._path).resolve())
            except SystemExit:
                raise RuntimeError(
                    "it ends Python (sys.exit) when it is imported; put that under "
                    'if __name__ == "__main__":'
                ) from None
            except Exception as error:
                raise RuntimeError(f"{reason(error)} {place(error)}".rstrip()) from error

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
        functions = [
            _function(name, value)
            for name, value in names.items()
            if isinstance(value, types.FunctionType) and _is_users(value)
        ]
        uses_numpy = any(
            value is np or (getattr(value, "__module__", None) or "").split(".")[0] == "numpy"
            for value in names.values()
        )
        constants = {name: names[name] for name in CONSTANTS if name in names}
        return Description(functions, constants, uses_numpy)

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
            except (Exception, SystemExit) as error:
                outcome.error = f"{reason(error)} {place(error)}".rstrip()
                return outcome
        outcome.warned = [str(warning.message) for warning in caught]
        outcome.result = plain(result)
        outcome.arguments = {name: plain(value) for name, value in values.items()}
        return outcome


def _is_users(function: types.FunctionType) -> bool:
    path = Path(function.__code__.co_filename)
    return not any(map(path.resolve().is_relative_to, NOT_USER_CODE))


def _function(name: str, function: types.FunctionType) -> Function:
    code = function.__code__
    parameters = tuple(
        Parameter(
            parameter.name,
            parameter.default is parameter.empty,
            parameter.kind is parameter.KEYWORD_ONLY,
        )
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    )
    return Function(name, code.co_filename, code.co_firstlineno, parameters)


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
    """Copy what a call left as lists, dicts, numbers and arrays, which any process can read."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist()) if value.dtype == object else np.array(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return f"<{type(value).__name__}>"
