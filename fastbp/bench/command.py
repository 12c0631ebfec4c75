"""The command ``fastbp bench``: options, output and exit code."""

import difflib
import sys
import textwrap
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TypeVar

from fastbp.bench import custom_rungs, ladder, output_files, report, timing
from fastbp.bench.console import Console
from fastbp.bench.cython_errors import CompilationError
from fastbp.bench.ladder_row import Row
from fastbp.bench.problems import DEFAULT_PROBLEMS, KERNELS, Problem, make_problem
from fastbp.bench.reading import load, result
from fastbp.bench.runner import Plan, Runner
from fastbp.bench.worker import cores
from fastbp.cli.arg_types import real_number, whole_number
from fastbp.inputs import check_sizes
from fastbp.text.printable import printable
from fastbp.text.streams import print_to_stderr
from fastbp.training.progress import Bar

WRONG, INTERRUPTED = 1, 130
MIN_SHARE_DONE = 0.05  # of the work, before the bar extrapolates the time left
T = TypeVar("T")


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return check_sizes([int(part) for part in text.split("-")])
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} is no network; give the widths of its layers, inputs first: 784-128-10"
        ) from None


def _rung_names(text: str) -> list[str]:
    names = [word for word in text.split(",") if word]
    if not names:
        raise ArgumentTypeError(f"{text!r} names no rung; leave --rungs out for all of them")
    return names


def _once(values: Iterable[T]) -> list[T]:
    """Remove duplicates, in order."""
    return list(dict.fromkeys(values))


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp bench``."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = "The rungs, in order:\n" + "\n".join(
        textwrap.fill(
            f"{row.name:20}{row.idea}", 80, initial_indent="  ", subsequent_indent=22 * " "
        )
        for row in ladder.rows()
    )
    add = parser.add_argument
    several = partial(add, nargs="+", action="extend")
    several(
        "--rungs",
        type=_rung_names,
        metavar="RUNG",
        help="which rungs (default: all that can run here; see the list below)",
    )
    add(
        "--rung",
        action="append",
        default=[],
        metavar="FILE",
        help="a rung of your own besides: FILE.py:FUNCTION, or a Cython file, FILE.pyx; see "
        "docs/adding-a-rung.md",
    )
    several(
        "--cc",
        metavar="COMPILER",
        help="compilers for the Cython files, each a rung of its own (default: Python's)",
    )
    add(
        "--cflags",
        action="append",
        metavar="FLAGS",
        help="flags for the Cython files, after those of fastbp's own rungs; each time it is given "
        "makes a rung of its own: --cflags=-O2 --cflags='-O3 -march=native'",
    )
    several(
        "--sizes",
        type=_sizes,
        metavar="N-N-N",
        help="networks by their layers' widths, like 784-128-10 (default: four of them); 784-30-10 "
        "is sigmoid throughout with half the squared error, every other one relu and softmax with "
        "cross entropy, or with a single output relu and identity with half the squared error",
    )
    several(
        "--batch",
        type=whole_number(1),
        metavar="N",
        help="rows of a mini-batch (default: 32; of the default networks their own, such as 10 of "
        "784-30-10)",
    )
    several(
        "--dtype",
        choices=["float32", "float64"],
        metavar="TYPE",
        help="number types, float32 and float64 (default: float32)",
    )
    several(
        "--threads",
        type=whole_number(1),
        metavar="N",
        help="how many threads a rung may use (default: 1)",
    )
    several(
        "--kernel",
        choices=KERNELS,
        metavar="KERNEL",
        help="forward, backward, accumulate, or step: all of them and the update (default: step)",
    )
    add(
        "--seconds",
        type=real_number(0.0),
        metavar="S",
        help="about how long to time, all tables together and without the proofs; more makes the "
        f"times surer (default: {timing.SECONDS:.0f} at most, less for a few rungs)",
    )
    add("--json", metavar="FILE", help="write all figures to FILE; see docs/bench-schema.md")
    add("--html", metavar="FILE", help="write a page with all figures and pictures to FILE")
    add("--plot", metavar="FOLDER", help="write the pictures into FOLDER")
    either = parser.add_mutually_exclusive_group().add_argument
    add(
        "--before",
        metavar="RUNG",
        help="the rung that those of --rung differ from: they are compared with it, and --show has "
        "its loops beside theirs",
    )
    either("--show", metavar="RUNG", help="show a rung's source and machine code; time nothing")
    either(
        "--compare",
        nargs=2,
        metavar=("A.json", "B.json"),
        help="put two files of --json side by side; time nothing",
    )


def run(args: Namespace) -> int:
    """Run the command; returns 1 if a rung was wrong, failed or no Cython, 130 after Ctrl-C."""
    paths = {name: getattr(args, name) for name in output_files.WRITERS if getattr(args, name)}
    try:
        if args.show is None and args.compare is None:
            return _run_ladder(_plan(args), paths)
        if paths:
            raise ValueError(
                f"--{'compare' if args.show is None else 'show'} times nothing, so there is "
                f"nothing to write for --{' and --'.join(paths)}; leave that out"
            )
        return _compare(*args.compare) if args.show is None else _show(args)
    except CompilationError as error:
        _say_aside("\n".join(map(printable, str(error).splitlines())))
        return WRONG


def _row_named(name: str, rows: Mapping[str, Row]) -> Row:
    if name not in rows:
        near = difflib.get_close_matches(name, rows, 1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise ValueError(f"there is no rung {name!r}{hint} There are: {', '.join(rows)}")
    return rows[name]


def _plan(args: Namespace) -> Plan:
    problems: Sequence[Problem] = DEFAULT_PROBLEMS
    if args.sizes:
        problems = [make_problem(sizes) for sizes in args.sizes]
    if args.batch:
        problems = [replace(problem, batch_size=m) for problem in problems for m in args.batch]
    threads = _once(args.threads or [1])
    if max(threads) > len(cores()):
        raise ValueError(
            f"--threads must be at most {len(cores())}, the cores that there are to use, got "
            f"{max(threads)}"
        )
    dtypes, kernels = _once(args.dtype or ["float32"]), _once(args.kernel or ["step"])
    return Plan(_rows(args), _once(problems), dtypes, threads, kernels, args.seconds)


def _rungs_by_name(args: Namespace) -> tuple[dict[str, Row], list[Row]]:
    """All rungs by name, the custom ones last; and the custom ones alone."""
    custom = custom_rungs.from_options(_once(args.rung), args.cc, args.cflags)
    names: dict[str, Row] = {row.name: row for row in ladder.rows()}
    for row in custom:
        other = names.setdefault(row.name, row)
        if other is not row:
            raise ValueError(
                f"--rung {row.import_path} is named {row.name!r}, as {other.import_path} is; "
                "give one of the two another name, so that the tables can tell them apart"
            )
    return names, custom


def _rows(args: Namespace) -> list[Row]:
    """The selected rungs of the ladder, in its order, then the custom ones."""
    names, own = _rungs_by_name(args)
    chosen = set(names.values())
    if args.rungs is not None:
        chosen = {_row_named(name, names) for part in args.rungs for name in part} | {*own}
    if args.before is not None and _row_named(args.before, names) not in chosen:
        raise ValueError(f"--before {args.before} is not timed; add it to --rungs")
    if args.before is not None and not own:
        raise ValueError(
            "--before is for rungs of your own, and none is given; add --rung, or --show"
        )
    compared = {row: replace(row, baseline=args.before or row.baseline) for row in own}
    return [compared.get(row, row) for row in names.values() if row in chosen]


def _run_ladder(plan: Plan, paths: Mapping[str, str]) -> int:
    nowhere = plan.nowhere()
    if len(nowhere) == len(plan.rows):
        raise ValueError(f"there is nothing to time. {' '.join(report.left_out(nowhere))}")
    output_files.check(paths)
    bar = Bar(sys.stderr, width=20, sure=MIN_SHARE_DONE)
    runner = Runner(plan, bar.show)
    console = Console(required=not paths)
    try:
        _show_tables(runner, plan, nowhere, console, bar)
    except BaseException:
        if runner.document["results"]:  # without any, keep an old file
            output_files.write(runner.document, paths, _say_aside)
        raise
    page = console.page()
    report.write_once(page, list(map(result, runner.document["results"])))
    console.show(f"\n{page}" + "\n" * bool(paths))
    output_files.write(runner.document, paths, console.print_message)
    console.check()
    if runner.interrupted:
        _say_aside("interrupted; this is what there was")
        return INTERRUPTED
    wrong = [entry for entry in runner.document["results"] if entry["status"] != "timed"]
    return WRONG if wrong else 0


def _say_aside(text: str) -> None:
    print_to_stderr(f"fastbp bench: {text}")


def _show_tables(
    runner: Runner, plan: Plan, nowhere: Mapping[str, str], console: Console, bar: Bar
) -> None:
    """Show the opening, which says what can run in no table, and each table as it is measured."""
    page = console.page()
    ideas = [(row.name, row.idea) for row in plan.rows if row.name not in nowhere]
    report.write_opening(page, ideas, nowhere, runner.document)
    console.show(page)
    with closing(runner.tables()) as tables, ExitStack() as at_last:
        at_last.callback(bar.erase)
        for table in tables:
            bar.erase()
            page = console.page()
            task = table.problem.shape, table.problem.batch_size
            title = report.heading(task, (table.kernel, table.dtype, table.threads))
            special = {name: why for name, why in table.left_out.items() if name not in nowhere}
            report.write_table(page, title, list(map(result, table.results)), special, plan.seconds)
            console.show(f"\n{page}")


def _show(args: Namespace) -> int:
    rows = _rungs_by_name(args)[0]
    row = _row_named(args.show, rows)
    before = None if args.before is None else _row_named(args.before, rows)
    return int(import_module("fastbp.bench.show_rung").show(row, before))


def _compare(a: str, b: str) -> int:
    from fastbp.bench.compare import write_comparison

    console = Console(required=True)
    page = console.page()
    write_comparison(page, load(a), load(b), (a, b))
    console.show(page)
    return 0
