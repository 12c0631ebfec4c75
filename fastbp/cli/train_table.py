"""``fastbp train FILE``: a model of a table."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from contextlib import nullcontext
from typing import Any

import numpy as np

from fastbp import TableModel
from fastbp.cli.interruption import ending_early
from fastbp.cli.messages import note, print_item, training_warnings_as_notes
from fastbp.cli.table_options import column_options, read_options
from fastbp.cli.train_options import TEST_FRACTION, model_options
from fastbp.cli.train_progress import MembersProgress
from fastbp.cli.train_report import draw_curve
from fastbp.cli.trained import Trained
from fastbp.tables.chunks import Source
from fastbp.tables.open_source import open_source
from fastbp.tables.schema import Schema
from fastbp.tables.source import table_stem
from fastbp.tables.typed import TypedTable
from fastbp.tabular.evaluation.card import model_card
from fastbp.tabular.evaluation.report import Evaluation
from fastbp.tabular.evaluation.splits import Split
from fastbp.tabular.evaluation.table_evaluation import HowToSplit, evaluate_model
from fastbp.tabular.model_files import check_room
from fastbp.text.formatting import duration, list_names, plural, truncate
from fastbp.text.printable import printable
from fastbp.text.streams import can_write, columns_of
from fastbp.training.side_by_side import Stop

_WIDTH = 79
_MOST_NOTED = 12
_PLURALS = {"number": "numbers", "date": "dates"}


def train_table(args: Namespace) -> Trained | None:
    """Train a model on a table; None if Ctrl-C came before there was anything to save.

    Raises
    ------
    ValueError
        If options do not go together or name no column, or (FileFormatError) the table cannot be
        learnt from.
    """
    columns = column_options(args)
    model = TableModel(**model_options(args), **columns)
    how = _how_to_split(args)
    names = [*columns["drop"], *columns["kinds"], *columns["ordered"], args.target, how.column]
    source = open_source(args.file, read_options(args, [name for name in names if name]))
    if args.target is None:
        raise ValueError(
            f"--target is missing; say which column of {source.label} is to be predicted: "
            f"{list_names(source.names)}"
        )
    options = how.options_of(model.schema_options, args.target, source)
    schema, typed = Schema.recognise_and_read(source, args.target, options)
    check_room(schema, model.members, options)
    model.schema, model.schema_options = schema, options
    holds_out = args.test_fraction != 0 or args.folds is not None
    splits, groups = (
        how.splits(source, typed, options)
        if holds_out
        else ([], how.groups(source, typed, options))
    )
    _describe(source, schema, typed, splits)
    progress = MembersProgress(model)
    evaluation = None
    stop = Stop()
    # Of folds, what one has learnt is of no use.
    early = ending_early(stop) if len(splits) < 2 else nullcontext()
    try:
        with training_warnings_as_notes(), early:
            if splits:
                evaluation = evaluate_model(
                    model,
                    typed,
                    splits,
                    source.names,
                    groups=groups,
                    seed=how.seed,
                    importance=bool(args.importance),
                    progress=progress,
                    stop=stop,
                )
            if len(splits) != 1:
                model.fit_typed(typed, groups=groups, progress=progress, stop=stop)
    except KeyboardInterrupt:
        return None
    model.card = model_card(model, evaluation)
    return Trained(
        printable(table_stem(args.file)),
        model.save,
        lambda: _report(model, evaluation, progress),
        model.histories[0],
        KeyboardInterrupt() if stop.early else None,
        f"{len(model.networks)} of {plural(model.members, 'network')} had begun",
    )


def _how_to_split(args: Namespace) -> HowToSplit:
    """Return how the rows are held out, as the options say."""
    if args.split is not None and args.group is not None:
        raise ValueError(
            "--split and --group both say which rows are held out; leave out one or the other"
        )
    for option in ("importance", "split"):
        if getattr(args, option) and args.test_fraction == 0 and args.folds is None:
            raise ValueError(f"--{option} needs rows held out; leave --test-fraction out")
    if args.folds is not None and args.test_fraction is not None:
        raise ValueError("--folds holds every row out once; leave --test-fraction out")
    split: Any = "random"
    if args.split is not None:
        if args.split[0] != "time":
            raise ValueError(
                f"--split is {' '.join(args.split)!r:.80}; expected time and the name of a column"
            )
        split = ("time", args.split[1])
    elif args.group is not None:
        split = ("group", args.group)
    return HowToSplit.of(split, args.test_fraction or TEST_FRACTION, args.folds, args.seed)


def _describe(source: Source, schema: Schema, typed: TypedTable, splits: list[Split]) -> None:
    """Print what the table is taken for, and the parts of its rows."""
    print_item(
        "table", f"{source.label}: {plural(typed.n_source_rows, 'row')}, {source.description()}"
    )
    reports = schema.explain()
    used = [report for report in reports if report.kind not in ("target", "left out")]
    counts = Counter(report.kind for report in used)
    kinds = ", ".join(plural(n, kind, _PLURALS.get(kind, kind)) for kind, n in counts.most_common())
    n_left_out = len(reports) - 1 - len(used)
    left_out = f"; {n_left_out:,} left out" if n_left_out else ""
    print_item("features", f"{kinds}: {list_names([r.name for r in used])}{left_out}")
    noteworthy = [r for r in reports if r.noteworthy and r.kind != "target"]
    for report in noteworthy[:_MOST_NOTED]:
        print_item("", f"{truncate(report.name)}: {report.kind}; {report.reason}")
    if (n_others := len(noteworthy) - _MOST_NOTED) > 0:
        print_item("", f"and {n_others:,} more; TableModel.explain_columns() has all")
    print_item("target", f"{truncate(schema.target.name)}, {_target(schema, typed)}")
    if len(splits) == 1:
        split = splits[0]
        print_item(
            "parts",
            f"{len(split.training):,} rows to train on, {len(split.held_out):,} held out: "
            f"{split.description}",
        )
    elif splits:
        print_item("parts", f"{len(splits)} folds of {plural(len(typed), 'row')}")
    for text in typed.notes:
        note(text)


def _target(schema: Schema, typed: TypedTable) -> str:
    """Say what the target is, and why."""
    target = schema.target
    if not target.classes:
        return f"a number: {target.reason}"
    assert typed.target is not None, "the target was asked for"
    counts = np.bincount(typed.target.values, minlength=len(target.classes))
    names = list_names(target.classes, [f"{n:,}" for n in counts])
    return f"{len(target.classes)} classes: {names} - {target.reason}"


def _report(model: TableModel, evaluation: Evaluation | None, progress: MembersProgress) -> str:
    """Print the curve of the first member and how good the model is; return the last line."""
    history = model.histories[0]
    if history is not None:
        draw_curve(history)
    print_item(
        "trained",
        f"{plural(len(model.networks), 'network')} in {duration(progress.seconds)}"
        + (", the curve is that of the first" if len(model.networks) > 1 else ""),
    )
    if evaluation is None:
        return "no rows were held out, so how good the model is on other rows is not known"
    unicode = can_write(sys.stdout, "±█")
    print()
    print("\n".join(evaluation.lines(width=min(columns_of(sys.stdout), _WIDTH), unicode=unicode)))
    print()
    return evaluation.headline(unicode=unicode)
