"""Options that say how a table is read, and what its columns are."""

from __future__ import annotations

import argparse
from argparse import ArgumentTypeError, Namespace
from collections.abc import Collection
from pathlib import Path
from typing import Any

from fastbp.cli.arg_types import columns, delimiter, whole_number
from fastbp.errors import FileFormatError
from fastbp.tables.chunks import Source
from fastbp.tables.kinds.dates import ORDERS
from fastbp.tables.open_source import open_source
from fastbp.tables.read_options import ReadOptions
from fastbp.tables.schema import Schema
from fastbp.tables.schema_options import KINDS
from fastbp.tables.source_views import NamedSource
from fastbp.text.formatting import list_names

# Options of `add_reading_arguments`, as the commands' own tables of options name them.
READING = ("delimiter", "header", "skip", "base", "sheet")


def add_reading_arguments(parser: Any) -> None:
    """Add the options that say how a file is read."""
    parser.add_argument(
        "--delimiter",
        type=delimiter,
        metavar="CHAR",
        help="what separates the cells, such as ';' or tab (from a line sep=; or detected)",
    )
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether the first line names the columns (detected; leading # comments are left out)",
    )
    parser.add_argument(
        "--skip", type=whole_number(0), metavar="N", help="lines above the table to leave out (0)"
    )
    parser.add_argument(
        "--base",
        type=int,
        choices=(0, 1),
        help="the number of the first column in a libsvm file, which does not say it",
    )
    parser.add_argument(
        "--sheet", metavar="NAME", help="the sheet of a workbook: its name, or its number from 1"
    )


def read_options(args: Namespace, expected_names: Collection[str] = ()) -> ReadOptions:
    """Return what the command line says of how a file is read."""
    sheet = args.sheet
    return ReadOptions(
        delimiter=args.delimiter,
        header=args.header,
        expected_names=expected_names,
        skip=args.skip or 0,
        base=args.base,
        sheet=int(sheet) if sheet is not None and sheet.isdecimal() else sheet,
    )


def open_for(schema: Schema, path: Path, args: Namespace) -> Source:
    """Open a table whose columns a model knows."""
    source = open_source(path, read_options(args, tuple(schema.kinds) if schema.named else ()))
    if not schema.named or source.named:
        return source
    if args.header is None:
        raise FileFormatError(
            f"{source.label} has no header line, and the model knows its columns by name: "
            f"{list_names(list(schema.kinds))}; add one, or give --no-header to take them by "
            "position"
        )
    return NamedSource(source, schema.names_by_position(source))


def add_column_arguments(parser: Any) -> None:
    """Add the options that say what the columns are."""
    parser.add_argument(
        "--task",
        choices=("classify", "regress"),
        help="classes or a number (decided from the target's values)",
    )
    parser.add_argument(
        "--drop",
        action="extend",
        type=columns,
        metavar="COL,COL",
        help="columns to leave out",
    )
    parser.add_argument(
        "--kind",
        action="append",
        type=_kind,
        metavar="COL=KIND",
        help=f"what a column is: {', '.join(KINDS)} (decided from its cells)",
    )
    parser.add_argument(
        "--ordered",
        action="append",
        type=_ordered,
        metavar="COL=A,B,C",
        help="the words of a column from the least to the greatest, for numbers 0, 1, 2 ...",
    )
    parser.add_argument(
        "--missing",
        action="extend",
        type=columns,
        metavar="TEXT,TEXT",
        help="what stands for a missing cell, beside an empty one, ?, NA, - and the like",
    )
    parser.add_argument(
        "--decimal",
        choices=(".", ","),
        metavar="MARK",
        help="the decimal mark, . or , where the cells do not tell",
    )
    parser.add_argument(
        "--dates",
        choices=tuple(ORDERS),
        help="the order of day, month and year where the cells do not tell",
    )


def column_options(args: Namespace) -> dict[str, Any]:
    """Return what the command line says of the columns, as `SchemaOptions` takes it."""
    return {
        "task": args.task or "auto",
        "drop": tuple(args.drop or ()),
        "kinds": _by_column("--kind", args.kind),
        "ordered": _by_column("--ordered", args.ordered),
        "missing": tuple(args.missing or ()),
        "decimal": args.decimal,
        "dates": args.dates,
    }


def _by_column(option: str, pairs: list[tuple[str, Any]] | None) -> dict[str, Any]:
    """Return the values of an option by column, each of which has one."""
    values = dict(pairs or ())
    for name, value in pairs or ():
        if values[name] != value:
            raise ValueError(f"{option} says {name!r} twice, and differently; give it once")
    return values


def _named(text: str, example: str) -> tuple[str, str]:
    """Parse ``COL=VALUE``; the name may hold a ``=`` itself."""
    name, sign, value = text.rpartition("=")
    if not sign or not name.strip() or not value.strip():
        raise ArgumentTypeError(f"{text!r} is not a column and its value, such as {example}")
    return name.strip(), value.strip()


def _kind(text: str) -> tuple[str, str]:
    name, kind = _named(text, "zip=words")
    if kind not in KINDS:
        raise ArgumentTypeError(f"{kind!r} is no kind; expected one of {', '.join(KINDS)}")
    return name, kind


def _ordered(text: str) -> tuple[str, list[str]]:
    name, words = _named(text, "size=S,M,L")
    return name, columns(words)
