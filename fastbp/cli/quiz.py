"""``fastbp quiz``: ask questions in the terminal, write them as JSON, or print worksheets."""

from __future__ import annotations

import codecs
import io
import json
import secrets
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from fastbp import Network
from fastbp.cli.arg_types import path_or_dash, whole_number
from fastbp.cli.lesson_model import LessonModel
from fastbp.cli.option_checks import refuse
from fastbp.cli.output_files import check_outputs
from fastbp.cli.quiz_session import Session
from fastbp.inputs import check_choice
from fastbp.lessons.quizzes.certificate import (
    LEAST_QUESTIONS,
    LEAST_SHARE,
    LONGEST_NAME,
    certificate,
    certificate_page,
    is_earned,
)
from fastbp.lessons.quizzes.files import quiz_from_json, quiz_to_json
from fastbp.lessons.quizzes.progress import Progress, default_path
from fastbp.lessons.quizzes.quiz import quiz
from fastbp.lessons.quizzes.table import KINDS
from fastbp.lessons.quizzes.worksheet import variants, worksheet
from fastbp.model_file.atomic_write import replace_file
from fastbp.tables.source import STANDARD_STREAM
from fastbp.text.formatting import plural, shell_quote
from fastbp.text.page import WIDTH, Page, can_show
from fastbp.text.printable import printable
from fastbp.text.streams import columns_of, encoding_of
from fastbp.version import __version__

DEFAULT_N, DEFAULT_ON_SHEET, DEFAULT_VARIANTS = 10, 5, 5
_MOST_SEEDS = 10**6  # of a quiz without --seed: short enough to be typed again
_INTERRUPTED = 130
_NARROWEST = 24  # columns: a word, an indent and a letter of a choice
_DEFAULT = Path()  # --progress without a file
_PICTURE, _PAGE = ".svg", (".html", ".htm")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp quiz``."""
    parser.epilog = (
        "fastbp quiz asks 10 questions, each about a small network of its own; fastbp quiz MODEL "
        "asks about a network of yours. Answer with a letter; q ends the quiz."
    )
    parser.add_argument(
        "model", nargs="?", type=Path, metavar="MODEL", help="a model file: your own network"
    )
    parser.add_argument(
        "--n", type=whole_number(1), metavar="N", help=f"how many questions (default: {DEFAULT_N})"
    )
    parser.add_argument(
        "--seed",
        type=whole_number(0),
        metavar="S",
        help="the same seed gives the same quiz (default: a new one)",
    )
    parser.add_argument(
        "--kind",
        action="append",
        metavar="KIND",
        help="ask questions of this kind only; may be given several times (--list shows all)",
    )
    parser.add_argument("--list", action="store_true", help="list the kinds of questions and exit")
    parser.add_argument(
        "--json",
        type=path_or_dash,
        metavar="FILE",
        help="write the questions with their answers to a file (- for standard output), and exit",
    )
    parser.add_argument(
        "--read",
        type=Path,
        metavar="FILE",
        help="ask the questions of a JSON file: one of --json, or others with question, choices "
        "and answer",
    )
    parser.add_argument(
        "--progress",
        nargs="?",
        const=_DEFAULT,
        type=Path,
        metavar="FILE",
        help="add the answers to this file, and show what they come to (without FILE: "
        "fastbp/quiz.json in your data folder)",
    )
    parser.add_argument(
        "--ascii",
        action="store_true",
        help="spell Greek letters out (automatic where they cannot be shown)",
    )
    group = parser.add_argument_group("to print")
    group.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="with --name: write a certificate (.svg or .html) if at least "
        f"{LEAST_SHARE * 100:.0f}%% of {LEAST_QUESTIONS} or more questions are answered right",
    )
    group.add_argument("--name", help="the name on the certificate")
    group.add_argument(
        "--worksheet",
        type=Path,
        metavar="FILE.html",
        help=f"write sheets to print, blank and solved, and exit; --n questions on each (default: "
        f"one of each --kind, or {DEFAULT_ON_SHEET})",
    )
    group.add_argument(
        "--variants",
        type=whole_number(1),
        metavar="N",
        help=f"how many sheets, each with numbers of its own (default: {DEFAULT_VARIANTS})",
    )


def run(args: Namespace) -> int:
    """List, write or ask; return the exit code."""
    page = Page(spell_out=args.ascii or not can_show(encoding_of(sys.stdout)))
    if args.list:
        page.table([[name, kind.words] for name, kind in KINDS.items()], "<<", indent="")
        print(page)
        return 0
    _check(args)
    if args.seed is None and args.read is None:
        args.seed = secrets.randbelow(_MOST_SEEDS)
    net = None if args.model is None else LessonModel.load(args.model).net
    if args.worksheet is not None:
        return _write_worksheet(args, net)
    if args.read is None:
        questions = quiz(net, args.n or DEFAULT_N, args.seed, kinds=args.kind)
    else:
        questions = quiz_from_json(args.read.read_bytes())[: args.n]
    if args.json is not None:
        return _write_json(args, questions)
    return _ask(args, questions, page)


def _check(args: Namespace) -> None:
    """Raise, before anything is asked, if options or files do not go together."""
    for kind in args.kind or ():
        check_choice("--kind", kind, KINDS)
    if args.read is not None:
        refuse(
            args, ("model", "kind", "seed", "worksheet"), "with --read, whose questions are made"
        )
    if args.worksheet is not None:
        refuse(
            args,
            ("json", "progress", "certificate", "name"),
            "with --worksheet, which asks nothing",
        )
        if args.worksheet.suffix.lower() not in _PAGE:
            raise ValueError(
                f"--worksheet is {args.worksheet}, but what is written is a page; give a name that "
                "ends in .html, and print it from a browser"
            )
    elif args.variants is not None:
        raise ValueError("--variants is for worksheets; add --worksheet FILE.html")
    if args.json is not None:
        refuse(args, ("progress", "certificate", "name"), "with --json, which asks nothing")
    if (args.certificate is None) != (args.name is None):
        raise ValueError("--certificate FILE and --name NAME go together; give both or neither")
    if args.certificate is not None:
        if args.certificate.suffix.lower() not in (_PICTURE, *_PAGE):
            raise ValueError(
                f"--certificate is {args.certificate}; give a name that ends in .svg or .html"
            )
        n_characters = len(" ".join(args.name.split()))
        if not 0 < n_characters <= LONGEST_NAME:
            raise ValueError(
                f"--name has {n_characters} characters; give 1 to {LONGEST_NAME} of them"
            )
    json_file = None if args.json == STANDARD_STREAM else args.json
    outputs = {
        "--json": json_file,
        "--worksheet": args.worksheet,
        "--certificate": args.certificate,
    }
    if args.progress is not None:
        if args.progress == _DEFAULT:
            args.progress = _default_path()
        outputs["--progress"] = args.progress
    check_outputs(outputs, [args.read, args.model])


def _default_path() -> Path:
    """Where progress is kept, in a folder that is there."""
    try:
        path = default_path()
    except RuntimeError as error:  # no home folder
        raise ValueError(f"--progress: {error}; name a FILE") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write(path: Path, content: str) -> None:
    replace_file(path, [content.encode()])


def _write_json(args: Namespace, questions: list[dict[str, Any]]) -> int:
    content = quiz_to_json(questions)
    if args.json == STANDARD_STREAM:
        encoding = encoding_of(sys.stdout)
        if encoding is not None and codecs.lookup(encoding).name != "utf-8":
            content = json.dumps(json.loads(content), indent=1) + "\n"  # JSON is UTF-8, or ASCII
        print(content, end="")
        return 0
    _write(args.json, content)
    print(f"{plural(len(questions), 'question')} saved in {printable(args.json)}")
    return 0


def _write_worksheet(args: Namespace, net: Network | None) -> int:
    n = args.n or (len(set(args.kind)) if args.kind else DEFAULT_ON_SHEET)
    sheets = variants(net, args.variants or DEFAULT_VARIANTS, args.seed, n=n, kinds=args.kind)
    command = f"{_command_of(args)} --variants {len(sheets)} --worksheet"
    command = f"{command} {shell_quote(args.worksheet.name)}"
    _write(args.worksheet, worksheet(sheets, origin=f"fastbp {__version__}: {command}"))
    print(
        f"{plural(len(sheets), 'variant')} of {plural(n, 'question')}, blank and solved, saved in "
        f"{printable(args.worksheet)} (--seed {args.seed})"
    )
    return 0


def _ask(args: Namespace, questions: list[dict[str, Any]], page: Page) -> int:
    """Ask, keep the progress, and write the certificate if it is earned."""
    if args.progress is not None:
        Progress.load(args.progress)  # what is no such file is refused before anything is asked
    if args.seed is not None:
        print(f"To repeat this quiz: {printable(_command_of(args))}")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # a byte that is no letter is no answer
    width = min(WIDTH, max(_NARROWEST, columns_of(sys.stdout)))
    session = Session(questions, page.spell, width)
    code = _INTERRUPTED if session.ask() == "interrupted" else 0
    session.print_score()
    if args.progress is not None and session.answers:
        progress = Progress.record(args.progress, session.answers)
        print(
            f"All quizzes so far: {progress.right} of {progress.asked} right "
            f"({printable(args.progress)})"
        )
    if args.certificate is not None:
        _write_certificate(args, session)
    return code


def _command_of(args: Namespace) -> str:
    """The command that asks this quiz again; a model by its file's name."""
    model = "" if args.model is None else f" {shell_quote(args.model.name)}"
    n = "" if args.n is None else f" --n {args.n}"
    kinds = "".join(f" --kind {kind}" for kind in args.kind or ())
    return f"fastbp quiz{model} --seed {args.seed}{n}{kinds}"


def _write_certificate(args: Namespace, session: Session) -> None:
    right, asked = session.right, len(session.answers)
    if not is_earned(right, asked):
        print(
            f"No certificate yet: it takes {LEAST_SHARE * 100:.0f}% right answers to at least "
            f"{LEAST_QUESTIONS} questions."
        )
        return
    note = "" if args.seed is None else _command_of(args)
    picture = certificate(args.name, right, asked, note=note)
    is_page = args.certificate.suffix.lower() in _PAGE
    _write(args.certificate, certificate_page(picture) if is_page else f"{picture}\n")
    print(f"Certificate saved in {printable(args.certificate)}")
