"""``fastbp bench``: every way to write the loops, proved right, then timed, in one command."""

import difflib
import sys
import textwrap
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from fastbp.bench import ladder, own_rungs, report, results
from fastbp.bench.climb import Climb, Plan
from fastbp.bench.problems import DEFAULT_PROBLEMS, KERNELS, Problem, make_problem
from fastbp.bench.row import Row
from fastbp.bench.worker import cores
from fastbp.commands.words import check_folder, real_number, whole_number
from fastbp.page import Page, can_show
from fastbp.progress import Bar
from fastbp.validation import check_sizes

SECONDS = 20.0
WRONG, INTERRUPTED = 1, 130


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return check_sizes([int(part) for part in text.split("-")])
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} is no network; give the widths of its layers, inputs first: 784-128-10"
        ) from None


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _flat(lists: Sequence[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(word for words in lists for word in words))


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
    add(
        "--rungs",
        nargs="+",
        type=_words,
        metavar="RUNG",
        help="which rungs (default: all that can run here; see the list below)",
    )
    add(
        "--rung",
        action="append",
        default=[],
        metavar="FILE.py:FUNCTION",
        help="a rung of your own besides; see docs/adding-a-rung.md",
    )
    add(
        "--sizes",
        nargs="+",
        type=_sizes,
        metavar="N-N-N",
        help="networks by their layers' widths, like 784-128-10 (default: four of them)",
    )
    add(
        "--batch",
        nargs="+",
        type=whole_number(1),
        metavar="N",
        help="rows of a mini-batch (default: 32, and what the default networks usually have)",
    )
    add(
        "--dtype",
        nargs="+",
        choices=["float32", "float64"],
        default=["float32"],
        metavar="TYPE",
        help="number types, float32 and float64 (default: float32)",
    )
    add(
        "--threads",
        nargs="+",
        type=whole_number(1),
        default=[1],
        metavar="N",
        help="how many threads a rung may use (default: 1)",
    )
    add(
        "--kernel",
        nargs="+",
        choices=KERNELS,
        default=["step"],
        metavar="LOOP",
        help="forward, backward, accumulate, or step: all of them and the update (default: step)",
    )
    add(
        "--seconds",
        type=real_number(0.0),
        default=SECONDS,
        metavar="S",
        help=f"about how long to time, without the proofs (default: {SECONDS:.0f})",
    )
    add("--json", metavar="FILE", help="write all figures to FILE; see docs/bench-schema.md")
    add("--html", metavar="FILE", help="write a page with all figures and pictures to FILE")
    add("--plot", metavar="FOLDER", help="write the pictures into FOLDER")
    add("--show", metavar="RUNG", help="show a rung's source and how it was compiled; time nothing")
    add(
        "--compare",
        nargs=2,
        metavar=("A.json", "B.json"),
        help="put two files of --json side by side; time nothing",
    )


def run(args: Namespace) -> int:
    """Print what was asked for; 1 if a rung was wrong or failed, 130 after Ctrl-C."""
    if args.show is not None:
        return _show(args.show)
    if args.compare is not None:
        return _compare(*args.compare)
    plan = _plan(args)
    for path in (args.json, args.html):
        if path is not None:
            check_folder(Path(path))  # now, and not after two minutes
    if args.plot is not None and not Path(args.plot).is_dir():
        check_folder(Path(args.plot))  # it will be made there
    return _climb(plan, args)


def _page() -> Page:
    return Page(spell_out=not can_show(sys.stdout.encoding))


def _named(name: str) -> Row:
    rows = {row.name: row for row in ladder.rows()}
    if name not in rows:
        near = difflib.get_close_matches(name, rows, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"there is no rung {name!r}; {hint}There are: {', '.join(rows)}")
    return rows[name]


def _plan(args: Namespace) -> Plan:
    own = [own_rungs.from_file(where) for where in args.rung]
    if args.rungs is None:
        rows = [*ladder.rows(), *own]
    else:
        names = {row.name: row for row in own}
        rows = [names.get(name) or _named(name) for name in _flat(args.rungs)]
        order = [row.name for row in (*ladder.rows(), *own)]
        rows = sorted({*rows, *own}, key=lambda row: order.index(row.name))
    problems: Sequence[Problem] = DEFAULT_PROBLEMS
    if args.sizes is not None:
        problems = [make_problem(sizes) for sizes in args.sizes]
    if args.batch is not None:
        problems = [replace(one, batch_size=m) for one in problems for m in args.batch]
    if max(args.threads) > len(cores()):
        raise ValueError(
            f"--threads must be at most {len(cores())}, the cores that there are to use, got "
            f"{max(args.threads)}"
        )
    return Plan(rows, problems, args.dtype, args.threads, args.kernel, args.seconds)


def _climb(plan: Plan, args: Namespace) -> int:
    bar = Bar(sys.stderr, width=20)  # beside it stand long names
    climb = Climb(plan, bar.show)
    page = _page()
    ideas = [(row.name, row.idea) for row in plan.rows]
    report.write_opening(page, ideas, climb.found)
    print(page, flush=True)
    try:
        for table in climb.tables():
            bar.erase()
            page = _page()
            about = table.problem, table.kernel, table.dtype, table.threads
            title = report.heading(about[0].shape, about[0].batch_size, *about[1:])
            report.write_table(page, title, table.results, table.left_out)
            print(f"\n{page}", flush=True)
    finally:
        bar.erase()
    page = _page()
    report.write_once(page, climb.found["results"])
    print(f"\n{page}")
    _write(climb.found, args)
    if climb.interrupted:
        print("fastbp bench: interrupted; this is what there was", file=sys.stderr)
        return INTERRUPTED
    wrong = [one for one in climb.found["results"] if one["status"] != "timed"]
    return WRONG if wrong else 0


def _write(found: results.Results, args: Namespace) -> None:
    if args.json is not None:
        results.save(found, args.json)
    # Imported only where they are asked for.
    if args.html is not None:
        import_module("fastbp.bench.pictures").write_html(found, args.html)
    if args.plot is not None:
        import_module("fastbp.bench.pictures").write_plots(found, args.plot)


def _show(name: str) -> int:
    row = _named(name)
    import_module("fastbp.bench.show").show(row.name)
    return 0


def _compare(a: str, b: str) -> int:
    from fastbp.bench.compare import write_comparison

    page = _page()
    write_comparison(page, results.load(a), results.load(b))
    print(page)
    return 0
