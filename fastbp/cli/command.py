"""The ``fastbp`` command: finds the subcommand, runs it, and turns errors into one line.

A subcommand is a module with ``add_arguments(parser)`` and ``run(args) -> int``. Only the module
of the subcommand in use is imported.
"""

from __future__ import annotations

import argparse
import importlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from fastbp.errors import DivergenceError
from fastbp.text.printable import printable
from fastbp.text.streams import flush, print_to_stderr, silence, standard_streams
from fastbp.version import __version__

# name -> (module, what it does)
COMMANDS = {
    "train": ("fastbp.cli.train", "train a network on the digits, or on a table of your own"),
    "predict": ("fastbp.cli.predict", "apply a trained model to a table"),
    "info": ("fastbp.cli.info", "describe a model file, or this installation"),
    "bench": ("fastbp.bench.command", "time the loops, from pure Python to the kernels"),
    "explain": (
        "fastbp.cli.explain",
        "show backpropagation index by index, symbols and numbers",
    ),
    "explore": (
        "fastbp.cli.explore",
        "write a page that draws a network and walks a training step",
    ),
    "quiz": ("fastbp.cli.quiz", "ask questions on backpropagation, or print them as worksheets"),
    "check": ("fastbp.learner_code.command", "compare loops that you wrote with the specification"),
}

_ERROR = 2
_INTERRUPTED = 130  # 128 + SIGINT, as shells report it
_BROKEN_PIPE = 141  # 128 + SIGPIPE

# What a user can cause. Anything else is a fault of fastbp and keeps its traceback.
_USER_ERRORS = (ValueError, TypeError, OSError, OverflowError, MemoryError, DivergenceError)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors take one line; a subcommand's takes options between its files."""

    _mixes = False

    def mix(self) -> None:
        """Take options between positional arguments, where some of these may be left out.

        argparse by itself gives ``MODEL --row 3 FILE.csv`` no FILE.csv.
        """
        self._mixes = True

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse what is known, and return the rest."""
        if not self._mixes:
            return super().parse_known_args(args, namespace)
        self._mixes = False  # the method below comes back here, twice
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixes = True

    def error(self, message: str) -> NoReturn:
        print_to_stderr(f"{self.prog}: error: {printable(message)} (see {self.prog} --help)")
        self.exit(_ERROR)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the ``fastbp`` command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the command's name; the process's own if not given.

    Returns
    -------
    int
        The exit code: 0, 2 after an error, 130 after Ctrl-C, 141 when the reader of a pipe left.

    Examples
    --------
    >>> from fastbp.cli.command import main
    >>> main(["predict", "no-such-model", "table.csv"])                # doctest: +SKIP
    fastbp predict: error: no-such-model: No such file or directory
    2
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    with standard_streams():
        return _guarded(arguments)


def stop_command(error: ImportError) -> None:
    """End the process as :func:`main` ends after an error, if it is the ``fastbp`` command.

    For an error of ``import fastbp`` itself, before which there is no :func:`main`. In any other
    program nothing happens, and the caller raises the error.
    """
    # While `python -m` imports the package of the module that it is to run, argv[0] is "-m".
    as_module = {"fastbp", "fastbp.cli", "-mfastbp"} & set(sys.orig_argv)
    program = sys.argv[0] if getattr(sys, "argv", None) else ""
    if Path(program).stem in ("fastbp", "fastbp-script") or (program == "-m" and as_module):
        with standard_streams():
            print_to_stderr(f"fastbp: error: {_one_line(error)}")
        raise SystemExit(_ERROR)


def _guarded(arguments: list[str]) -> int:
    """Run a command line; turn what ends it into an exit code and a line for people."""
    command = next((argument for argument in arguments if argument in COMMANDS), "")
    name = f"fastbp {command}".strip()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A column's name that the terminal cannot show is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(arguments, command)
        # A pipe whose reader has left must fail here, and not when the interpreter ends.
        flush(sys.stdout)
        return code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BrokenPipeError:
        silence(sys.stdout)
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        print_to_stderr(f"{name}: interrupted")
        return _INTERRUPTED
    except _USER_ERRORS as error:
        try:
            flush(sys.stdout)
        except OSError:  # a full disk; it would fail again when the interpreter ends
            silence(sys.stdout)
        print_to_stderr(f"{name}: error: {_one_line(error)}")
        return _ERROR


def _run(arguments: list[str], command: str) -> int:
    """Parse the arguments, importing the module of the chosen subcommand only, and run it."""
    parser = _Parser(
        prog="fastbp",
        description="Train, use and understand neural networks, index by index.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    choices = parser.add_subparsers(metavar="COMMAND", dest="command", parser_class=_Parser)
    run, active_parser = None, parser
    for name, (module_name, summary) in COMMANDS.items():
        subparser = choices.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            allow_abbrev=False,
        )
        if name == command:
            module = importlib.import_module(module_name)
            module.add_arguments(subparser)
            subparser.mix()
            run, active_parser = module.run, subparser
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        active_parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if args.version:
        print(f"fastbp {__version__}")
        return 0
    if run is None:
        parser.print_help()
        return _ERROR
    return int(run(args))


def _one_line(error: BaseException) -> str:
    """Put an error's message on one line, safe to show; system errors name the file first."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return printable(f"{error.filename}: {error.strerror}")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    # Lines are joined and spaces stay: a column's name can have two of them side by side.
    return printable(" ".join(map(str.strip, str(error).splitlines()))) or type(error).__name__
