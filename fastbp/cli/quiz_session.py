"""A quiz in the terminal: questions, answers by a letter, explanations, and the score."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from string import ascii_lowercase
from typing import Any, Literal

from fastbp.lessons.quizzes.table import KINDS
from fastbp.text.formatting import plural
from fastbp.text.page import WIDTH
from fastbp.text.printable import printable

End = Literal["done", "quit", "interrupted"]
OTHER_KIND = "other"  # of a question that was read and names none
_QUIT = ("q", "quit", "exit")
_CHOICE = "  {}) "


def spelled_lines(text: str, spell: Callable[[str], str]) -> list[str]:
    r"""Spell a text's letters out; a line that begins with = stays under the = above it.

    >>> spelled_lines("δ = 2\n  = 1 + 1", lambda text: text.replace("δ", "delta"))
    ['delta = 2', '      = 1 + 1']
    """
    lines: list[str] = []
    shift = 0
    for line in text.split("\n"):
        spelled = spell(line)
        if line.lstrip().startswith("= "):
            spelled = " " * shift + spelled
        else:
            left, equals, _ = line.partition(" = ")
            shift = len(spell(left)) - len(left) if equals else 0
        lines.append(spelled)
    return lines


class Session:
    """Asks questions one by one, and counts.

    Parameters
    ----------
    questions : sequence of dict
        As ``fastbp.lessons.quiz`` makes them, or as they were read.
    spell : callable
        Writes text in the letters that the terminal has.
    width : int
        Of a line.

    Attributes
    ----------
    answers : list of (kind, bool)
        Of each answered question its kind, and whether it was right.
    """

    def __init__(
        self,
        questions: Sequence[Mapping[str, Any]],
        spell: Callable[[str], str] = str,
        width: int = WIDTH,
    ) -> None:
        self._questions = questions
        self._spell = spell
        self._width = width
        self.answers: list[tuple[str, bool]] = []

    @property
    def right(self) -> int:
        """How many were answered right."""
        return sum(is_right for _, is_right in self.answers)

    def ask(self) -> End:
        """Ask until the questions, or the input, come to an end.

        Returns
        -------
        str
            "done", "quit" where the reader or the end of the input ended it, or "interrupted" by
            Ctrl-C.
        """
        try:
            for i, question in enumerate(self._questions, 1):
                if not self._ask_one(i, question):
                    return "quit"
        except EOFError:
            print()
            return "quit"
        except KeyboardInterrupt:
            print()
            return "interrupted"
        return "done"

    def print_score(self) -> None:
        """Print how many answers were right, and which kinds to practise."""
        asked, n = len(self.answers), len(self._questions)
        rest = f" ({plural(n - asked, 'question')} not answered)" if asked < n else ""
        print()
        self._print(f"{self.right} of {asked} right{rest}")
        # A file may name any kind; a command is shown of those that there are.
        missed = dict.fromkeys(
            kind for kind, is_right in self.answers if not is_right and kind in KINDS
        )
        if missed:
            self._print("To practise: fastbp quiz " + " ".join(f"--kind {kind}" for kind in missed))

    def _print(self, text: str, first: str = "", indent: str = "") -> None:
        """Print lines, each wrapped and safe to show, with ``first`` before the first one."""
        for i, line in enumerate(spelled_lines(text, self._spell)):
            start = first if i == 0 else indent
            line = printable(line)
            if len(start + line) <= self._width:
                print((start + line).rstrip())
                continue
            hanging = indent + " " * (len(line) - len(line.lstrip()))
            wrapped = textwrap.wrap(
                line.strip(),
                self._width,
                initial_indent=start + hanging[len(indent) :],
                subsequent_indent=hanging,
                break_on_hyphens=False,
            )
            print("\n".join(wrapped))

    def _ask_one(self, i: int, question: Mapping[str, Any]) -> bool:
        """Ask one question; False if the reader ends the quiz."""
        kind = str(question.get("kind", OTHER_KIND))
        print()
        creator = question.get("creator")
        self._print(f"Question {i} of {len(self._questions)}" + f", by {creator}" * bool(creator))
        self._print(question["question"])
        print()
        choices: list[str] = question["choices"]
        for letter, choice in zip(ascii_lowercase, choices, strict=False):
            label = _CHOICE.format(letter)
            self._print(choice, label, " " * len(label))
        chosen = self._read_choice(choices)
        if chosen is None:
            return False
        right = choices.index(question["answer"])
        self.answers.append((kind, chosen == right))
        if chosen == right:
            print("Right.")
        else:
            self._print(f"No, the answer is {ascii_lowercase[right]}.")
            remarks = question.get("remarks")
            if remarks and remarks[chosen]:
                self._print(f"{ascii_lowercase[chosen]}: {remarks[chosen]}.")
        if question["explanation"]:
            print()
            self._print(question["explanation"], "  ", "  ")
        return True

    def _read_choice(self, choices: Sequence[str]) -> int | None:
        """Ask until there is an answer; None to quit.

        A letter, or the text of a choice, in the letters that were shown.
        """
        letters = ascii_lowercase[: len(choices)]
        texts = [self._spell(choice).strip().casefold() for choice in choices]
        while True:
            typed = input(f"Your answer (a to {letters[-1]}, q to end): ").strip().casefold()
            if typed in _QUIT:
                return None
            letter = typed.strip("().")
            if len(letter) == 1 and letter in letters:
                return letters.index(letter)
            if texts.count(typed) == 1:
                return texts.index(typed)
            print(f"Please type one of {', '.join(letters)}, or q to end the quiz.")
