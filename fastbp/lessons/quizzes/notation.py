"""Numbers, symbols and matrices as a question writes them."""

import re
from collections.abc import Iterable, Sequence

DIGITS = 4  # significant ones; questions are computed from the numbers as they are shown


class NotFiniteError(ArithmeticError):
    """A number that a question would show is infinite, or none."""


def show(value: float) -> str:
    """Write a number with `DIGITS` significant digits.

    >>> show(0.75136507), show(-0.0), show(3.0)
    ('0.7514', '0', '3')
    """
    return f"{value + 0.0:.{DIGITS}g}"


def count(value: float) -> str:
    """Write a whole number with all its digits.

    >>> count(101770.0)
    '101770'
    """
    return f"{value:.0f}"


def shown(value: float) -> float:
    """Round a number to what :func:`show` writes."""
    return float(show(value))


def factor(value: float) -> str:
    """Write a number as a factor or a term: a negative one in brackets.

    >>> factor(-0.5)
    '(-0.5)'
    """
    text = show(value)
    return f"({text})" if text.startswith("-") else text


def vector(name: str, values: Iterable[float]) -> str:
    """Write ``name = [0.5, 0.25]``."""
    return f"{name} = [{', '.join(map(show, values))}]"


def matrix(name: str, rows: Sequence[Sequence[float]]) -> list[str]:
    r"""Write a matrix, a row a line.

    >>> print(*matrix("w", [[1, -2.5], [10, 0]]), sep="\n")
    w =  1  -2.5
        10     0
    """
    cells = [[show(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    head = f"{name} = "
    return [
        (head if i == 0 else " " * len(head))
        + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for i, row in enumerate(cells)
    ]


def derivation(left: str, *steps: str) -> str:
    """Write ``left = step`` with every further step under the first one."""
    indent = " " * len(left)
    return "\n".join(f"{left if i == 0 else indent} = {step}" for i, step in enumerate(steps))


def substituted(formula: str, **numbers: float) -> str:
    """Write numbers for the symbols of a formula.

    >>> substituted("1 / (1 + e^-z)", z=-0.5), substituted("max(0, z)", z=-0.5)
    ('1 / (1 + e^-(-0.5))', 'max(0, -0.5)')
    """

    def written(match: re.Match[str]) -> str:
        # Where an expression begins, a sign needs no brackets, except before a power.
        begins = formula[: match.start()].endswith(("(", "|", ", ")) or match.start() == 0
        is_bare = begins and formula[match.end() : match.end() + 1] != "^"
        return (show if is_bare else factor)(numbers[match[1]])

    return re.sub(rf"(?<!\w)({'|'.join(numbers)})(?!\w)", written, formula)


def products(pairs: Iterable[tuple[float, float]]) -> str:
    """Write a sum of products: ``0.5·2 + (-1)·3``."""
    return " + ".join(f"{factor(a)}·{factor(b)}" for a, b in pairs)
