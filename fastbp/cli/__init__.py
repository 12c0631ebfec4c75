"""The ``fastbp`` command: the parser, and a module for each subcommand."""

from fastbp.cli.command import main, stop_command

__all__ = ["main", "stop_command"]
