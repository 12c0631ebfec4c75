"""The verdict on a function: its numbers beside the specification's, and the mistake that fits."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from fastbp.bench.worker import DiedError, HungError
from fastbp.learner_code.calling import NotUnderstoodError, styles
from fastbp.learner_code.examples import Setting, examples
from fastbp.learner_code.large_numbers import with_large_numbers
from fastbp.learner_code.learner_file import Function
from fastbp.learner_code.matching import matching
from fastbp.learner_code.other_settings import constants, other_settings, turned
from fastbp.learner_code.roles import Role
from fastbp.learner_code.session import Session
from fastbp.learner_code.trial import Run, Trial, given_layers, same, why_wrong
from fastbp.learner_code.verdict import Difference, Verdict
from fastbp.lessons.weight import Names

# What is said of a function whose styles are all wrong: that which got furthest.
_WORTH = {"not understood": 0, "failed": 1, "wrong": 2}
_SYMBOLS = {"delta": "δ", "dw": "dC/dw", "db": "dC/db"}


def judge(
    session: Session,
    function: Function,
    roles: Sequence[Role],
    setting: Setting,
    uses_numpy: bool,
) -> Verdict:
    """Call a function in every style that its role allows, and say what it is at its best.

    What is wrong may be right in another setting: then a note says in which. If it is not, and no
    mistake gives its numbers, two together are tried.
    """
    deadline = perf_counter() + session.seconds
    verdict, runs = _judge(session, function, roles, setting, uses_numpy, deadline)
    if verdict.status not in ("wrong", "failed"):
        return verdict
    others = [turned(setting)] if verdict.takes_matrices and not setting.transposed else []
    if verdict.difference and not verdict.mistakes and "value" not in verdict.role.gives:
        others += other_settings(setting)
    for other in others:
        if perf_counter() > deadline:
            break
        if _is_right(session, function, verdict.role, other, uses_numpy, deadline):
            verdict.notes.append(
                f"It is right for {other.words}; if that is meant, say in the file: "
                f"{constants(setting, other)}"
            )
            return verdict
    if verdict.status == "wrong" and not verdict.mistakes:
        verdict.mistakes = matching(verdict.role, runs, 2)
    return verdict


def _is_right(
    session: Session,
    function: Function,
    role: Role,
    setting: Setting,
    uses_numpy: bool,
    deadline: float,
) -> bool:
    try:
        examples(setting, single=True)
    except ValueError:  # no numbers that tell right from wrong
        return False
    verdict, _ = _judge(session, function, [role], setting, uses_numpy, deadline, naming=False)
    return verdict.right


def _judge(
    session: Session,
    function: Function,
    roles: Sequence[Role],
    setting: Setting,
    uses_numpy: bool,
    deadline: float,
    naming: bool = True,
) -> tuple[Verdict, list[Run]]:
    """Judge in one setting, with the runs of the style that decided; ``naming`` finds mistakes.

    A style in which all is right decides; else the first in which one mistake gives all its
    numbers; else that with the most numbers right.
    """
    batches = False
    best: tuple[tuple[int, int, float], Verdict, list[Run]] | None = None
    for role in roles:
        for style in styles(role, function, uses_numpy, setting.transposed):
            if batches and not style.batch:
                continue  # of one sample a sum is the mean
            if best is not None and perf_counter() > deadline:
                break
            trial = Trial(session, function, role, style, setting, deadline)
            runs: list[Run] = []
            try:
                search = naming and not (best is not None and best[1].mistakes)
                for run in trial.runs():
                    runs.append(run)
                    if not (run.right or search):
                        break  # only a style that is right counts now
                verdict = _verdict(function, role, runs, search)
                _compare_calls(trial, runs[0], verdict)
                batches = batches or (style.batch and all(run.shaped for run in runs))
            except NotUnderstoodError as error:
                verdict = Verdict(function, role, "not understood", message=str(error))
            except HungError:
                waited = perf_counter() - trial.called_at
                if best is None or (waited > session.seconds / 2 and not best[1].mistakes):
                    return _endless(session, function, role), runs
                break  # time was short after other styles, or it is not made for this one
            except DiedError as error:
                verdict = Verdict(function, role, "failed", message=str(error))
            if verdict.right:
                return with_large_numbers(trial, verdict), runs
            worth = _worth(role, verdict, runs)
            if best is None or worth > best[0]:
                best = worth, verdict, runs
    assert best is not None  # every role has a style
    return best[1], best[2]


def _compare_calls(trial: Trial, first: Run, verdict: Verdict) -> None:
    """See whether a second call with the same arguments gave the same."""
    again = trial.second_call
    if first.outcome.error is not None or verdict.mistakes or again is None:
        return
    pairs = [[of.outcome.result, of.outcome.arguments] for of in (first, again)]
    if not same(*pairs):
        verdict.status, verdict.mistakes = "wrong", [("keeps_between_calls",)]
        wrong = [of for of in (first, again) if of.comparable and not of.right]
        verdict.difference = _first_difference(trial.role, wrong)
        verdict.message = ""


def _worth(role: Role, verdict: Verdict, runs: Sequence[Run]) -> tuple[int, int, float]:
    """How much is right in a style: with a mistake named, in shapes, in numbers."""
    if verdict.mistakes:
        return 3, 0, 0.0  # the first of these
    share = _share(role, runs)
    status = "wrong" if verdict.status == "failed" and share > 0 else verdict.status
    return _WORTH[status], sum(run.shaped for run in runs), share


def _share(role: Role, runs: Sequence[Run]) -> float:
    """The mean over the runs of the share of numbers that are right."""
    shares = []
    for run in runs:
        expected, bounds = role.right(run.example, run.layer)
        right = [
            np.ravel(np.abs(arrays[i] - expected[name][i]) <= bounds[name][i])
            if arrays[i].shape == expected[name][i].shape
            else np.zeros(1)
            for name, arrays in run.numbers.items()
            for i in given_layers(arrays)
        ]
        shares.append(float(np.mean(np.concatenate(right))) if right else 0.0)
    return sum(shares) / len(shares) if shares else 0.0


def _endless(session: Session, function: Function, role: Role) -> Verdict:
    message = f"It never ends: no answer after {session.seconds:g} s"
    lines: list[tuple[str, bool | None]] = [(line, None) for line in role.gives.values()]
    message = "; ".join(filter(None, [message, session.where_words()]))
    return Verdict(function, role, "endless", lines, message=message)


def _verdict(function: Function, role: Role, runs: Sequence[Run], naming: bool) -> Verdict:
    wrong = [run for run in runs if not run.right]
    lines = [(line, _line_right(name, role, runs)) for name, line in role.gives.items()]
    written = next((run for run in runs if run.written), None)
    verdict = Verdict(function, role, "wrong" if wrong or written else "right", lines)
    if not wrong:
        if written is not None:
            verdict.mistakes = [("writes_arguments",)]
            verdict.message = f"It changes {' and '.join(written.written)}"
        return verdict
    comparable = [run for run in wrong if run.comparable]
    raised = [run for run in wrong if not run.comparable]
    if not comparable:
        right = dict.fromkeys(_network(run) for run in runs if run.right)
        message = f"Right with {' and '.join(right)}. " if right else ""
        verdict = replace(verdict, status="failed", message=f"{message}{_raised(raised[0])}")
        verdict.notes += _one_shape(role, runs)
        return verdict
    verdict.notes += map(_raised, raised[:1])
    if naming:
        verdict.mistakes = matching(role, runs, 1)
        if raised and not verdict.mistakes:
            verdict.notes += _one_shape(role, runs)
            # one hidden layer may be all that it is written for
            shallow = [run for run in runs if run.example.L == 2]
            verdict.mistakes = matching(role, shallow, 1)
    verdict.difference = _first_difference(role, comparable)
    if verdict.difference is None:
        verdict.message = _wrong_shape(role, comparable[0])
    return verdict


def _one_shape(role: Role, runs: Sequence[Run]) -> list[str]:
    """What to do with a program for networks of one shape, if it looks like one."""
    raised = [run for run in runs if not run.comparable]
    if not role.of_network or runs[0].example.setting.sizes:
        return []
    all_or_deep = len(raised) == len(runs) or all(run.example.L > 2 for run in raised)
    of_shapes = raised[0].problem.startswith(("ValueError", "IndexError"))
    if not (all_or_deep and of_shapes):
        return []
    return ["A program for one shape alone says which, as in SIZES = (4, 3, 2)"]


def _raised(run: Run) -> str:
    return f"With {_network(run)}: {run.problem}"


def _network(run: Run) -> str:
    samples = f", {run.example.m} samples" if run.example.m > 1 else ""
    return f"{run.example.shape}{samples}"


def _line_right(name: str, role: Role, runs: Iterable[Run]) -> bool | None:
    verdicts = []
    for run in runs:
        if run.comparable and name in run.numbers:
            expected, bounds = role.right(run.example, run.layer)
            verdicts.append(why_wrong(name, run.numbers, expected, bounds) is None)
    return all(verdicts) if verdicts else None


def _first_difference(role: Role, runs: Iterable[Run]) -> Difference | None:
    for run in runs:
        expected, bounds = role.right(run.example, run.layer)
        for name, arrays in run.numbers.items():
            for i in given_layers(arrays):
                actual, value, bound = arrays[i], expected[name][i], bounds[name][i]
                if actual.shape != value.shape:
                    continue
                with np.errstate(invalid="ignore"):
                    places = np.argwhere(~(np.abs(actual - value) <= bound))
                if len(places):
                    place = tuple(map(int, places[0]))
                    return Difference(
                        _name(role, run, name, i, place),
                        f"{actual[place]:.7g}",
                        f"{value[place]:.7g}",
                        _network(run),
                    )
    return None


def _name(role: Role, run: Run, name: str, i: int, place: tuple[int, ...]) -> str:
    """``w_12^(2)``; of rows of samples, which sample."""
    if name == "C_0":
        return "C_0"
    l = i if run.layer < 0 else run.layer
    if role.key == "backward" and run.layer >= 0:
        l -= 1
    if name == "value":
        formula = next(iter(role.gives.values())).split("(")[0]
        z = f"{run.example.numbers['z'][l][place]:.7g}"
        return f"{formula} at z = {z}"
    sample = ""
    if name in ("z", "a", "delta"):
        sample = f" of sample {place[0]}" if run.example.m > 1 else ""
        place = place[1:]
    letter = _SYMBOLS.get(name, name)
    return Names(run.example.L, relative=False).of(letter, l + 1, *place) + sample


def _wrong_shape(role: Role, run: Run) -> str:
    expected, bounds = role.right(run.example, run.layer)
    reasons = (why_wrong(name, run.numbers, expected, bounds) for name in run.numbers)
    return f"{next(filter(None, reasons), '')} ({_network(run)})"
