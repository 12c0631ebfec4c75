"""The report of ``fastbp check``: each line of the specification, and what is wrong in words."""

from collections.abc import Sequence

from fastbp.learner_code.checking import Checked
from fastbp.learner_code.examples import Setting
from fastbp.learner_code.mistakes import MISTAKES
from fastbp.learner_code.roles import remedy_words
from fastbp.learner_code.verdict import Verdict
from fastbp.text.page import Page
from fastbp.text.printable import printable

_WORDS = {True: "right", False: "WRONG", None: "not reached"}
_MOST = 3  # mistakes that are named where they cannot be told apart


def write_report(page: Page, name: str, checked: Checked) -> None:
    """Write the table of all lines, then a section for each function that is not right."""
    setting, verdicts, unknown = checked
    page.heading(f"{printable(name)} beside the specification: {setting.words}")
    rows = []
    for verdict in verdicts:
        label = [verdict.function.name, f"line {verdict.function.line}"]
        lines = verdict.lines or [(line, None) for line in verdict.role.gives.values()]
        for line, right in lines:
            rows.append([*label, line, _word(verdict, right)])
            label = ["", ""]
    page.table(rows, "<<<<", "")
    for verdict in verdicts:
        if not verdict.right:
            _write_wrong(page, verdict, setting)
    _write_notes(page, [verdict for verdict in verdicts if verdict.right])
    page.gap()
    page.text(summary(verdicts))
    if unknown:
        names = printable(", ".join(unknown))
        page.text(f"Not checked, for their names are none that are known: {names}.")


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many functions are right.

    >>> summary([])
    '0 of 0 functions are right.'
    """
    right = sum(verdict.right for verdict in verdicts)
    return f"{right} of {len(verdicts)} functions are right."


def _word(verdict: Verdict, right: bool | None) -> str:
    if verdict.status == "endless":
        return "NEVER ENDS"
    if verdict.status == "failed":
        return "FAILED"
    if verdict.status == "not understood":
        return "not checked"
    if right is None and verdict.status in ("right", "wrong"):
        return "not given"
    return _WORDS[right]


def _write_wrong(page: Page, verdict: Verdict, setting: Setting) -> None:
    page.heading(f"{verdict.function.name}, line {verdict.function.line}")
    if verdict.difference is not None:
        page.formula(str(verdict.difference))
        page.gap()
    if verdict.message:
        page.text(f"{printable(verdict.message)}.")
    if verdict.mistakes:
        page.text(mistakes_in_words(verdict, setting))
    elif verdict.wrong_calls:
        names = " and ".join(verdict.wrong_calls)
        page.text(f"It calls {names}, not right either: mend that first.")
    elif verdict.difference is not None:
        page.text("None of the known mistakes gives these numbers.")
    for note in verdict.notes:
        page.text(f"{printable(note)}.")


def _write_notes(page: Page, verdicts: Sequence[Verdict]) -> None:
    """What is worth knowing of right functions; several may say the same of what they call."""
    notes: dict[str, list[str]] = {}
    for verdict in verdicts:
        for note in verdict.notes:
            notes.setdefault(printable(note), []).append(verdict.function.name)
    for note, names in notes.items():
        page.gap()
        page.text(f"{', '.join(names)}: right, but {note}.")


def mistakes_in_words(verdict: Verdict, setting: Setting) -> str:
    """Name the mistakes, and say what to do."""
    words = remedy_words(setting)
    named: dict[str, str] = {}
    for keys in verdict.mistakes:
        names = ", and ".join(MISTAKES[key].name for key in keys)
        if len(keys) > 1:
            names = f"two mistakes together: {names}"
        remedies = "; ".join(MISTAKES[key].remedy.format_map(words) for key in keys)
        named.setdefault(names, remedies)
    shown = list(named.items())[:_MOST]
    return " Or: ".join(f"{_sentence(name)}. {_sentence(remedy)}." for name, remedy in shown)


def _sentence(text: str) -> str:
    """Begin with a capital, unless a symbol or a piece of code comes first.

    >>> _sentence("the bias is missing"), _sentence("j and k are swapped"), _sentence("w = w - 1")
    ('The bias is missing', 'j and k are swapped', 'w = w - 1')
    """
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if len(first) > 1 and first.isalpha() else text
