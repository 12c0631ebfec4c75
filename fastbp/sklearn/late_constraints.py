"""The constraints of an estimator's parameters, made when they are first asked for."""

from typing import Any


class LateConstraints:
    """A class attribute that is a dict: its making imports all of fastbp that has a name.

    Parameters
    ----------
    maker : str
        A function of :mod:`fastbp.sklearn.constraints`.
    constraints : dict
        What it adds to: scikit-learn's.
    """

    def __init__(self, maker: str, constraints: dict[str, Any]) -> None:
        self._maker, self._constraints = maker, constraints
        self._made: dict[str, Any] | None = None

    def __get__(self, estimator: object, kind: type) -> dict[str, Any]:
        if self._made is None:
            from fastbp.sklearn import constraints

            self._made = getattr(constraints, self._maker)(self._constraints)
        return self._made
