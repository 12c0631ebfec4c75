"""What is said about a learner's function."""

from dataclasses import dataclass, field

from fastbp.learner_code.learner_file import Function
from fastbp.learner_code.roles import Role, symbol_of


@dataclass(frozen=True)
class Difference:
    """The first number that is wrong."""

    symbol: str
    got: str
    expected: str
    where: str

    def __str__(self) -> str:
        return f"{self.symbol} is {self.got}, expected {self.expected} ({self.where})"


@dataclass
class Verdict:
    """What is said about a function.

    ``lines`` has each line of the specification, and whether its numbers are right (None: not
    given, or not reached). ``mistakes`` are keys of the table; several where they cannot be told
    apart, a tuple of two where both were made.
    """

    function: Function
    role: Role
    status: str  # "right", "wrong", "failed", "endless" or "not understood"
    lines: list[tuple[str, bool | None]] = field(default_factory=list)
    difference: Difference | None = None
    mistakes: list[tuple[str, ...]] = field(default_factory=list)
    message: str = ""
    notes: list[str] = field(default_factory=list)
    wrong_calls: list[str] = field(default_factory=list)  # functions it calls that are not right

    @property
    def takes_matrices(self) -> bool:
        """Whether the function is given w or dw, or gives them."""
        names = (symbol_of(of.name, self.role.of_network)[0] for of in self.function.parameters)
        return not {"w", "dw", "parameters", "gradients"}.isdisjoint([*names, *self.role.gives])

    @property
    def right(self) -> bool:
        """Whether all its numbers are right."""
        return self.status == "right"
