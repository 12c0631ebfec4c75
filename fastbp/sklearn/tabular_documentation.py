"""What the docstrings of the estimators over tables have in common, each paragraph once."""

from textwrap import indent
from typing import TypeVar

T = TypeVar("T")

MODEL = """\
members : int, default=5
    How many networks are averaged. Each validates on a part of the rows that it does not learn
    from; 1 is the fastest.
recipe : str, default="good"
    How they are trained, where no parameter says otherwise: "good" or "plain"; see
    docs/table-models.md.
hidden, activation, epochs, batch_size, optimizer, learning_rate, schedule, dropout, ema, l2, \
initializer, compute, early_stopping : default=None
    As of :class:`fastbp.TableModel`; None is the recipe's.
n_threads : int, default=None
    The most threads; None: as many as there are cores. No bit of the result depends on it.
decimal, missing, dates, ordered, drop, kinds : default=None
    How columns are read, as of :class:`fastbp.TableModel`: ``kinds={"zip": "words"}``,
    ``ordered={"size": ["S", "M", "L"]}``, ``drop=["id"]``. Columns of an array of numbers are
    numbers, and are named "x0", "x1" and so on.
random_state : int, RandomState instance or None, default=None
    Of the parts, the first weights and the order of rows; an int is the ``seed`` of TableModel."""

ATTRIBUTES = """\
model_ : fastbp.TableModel
    The fitted model: ``model_.explain_columns()`` says what each column was taken for, and
    ``model_.save(path)`` keeps it for ``TableModel.load``.
n_features_in_ : int
    How many columns X has.
feature_names_in_ : ndarray of shape (n_features,)
    Where X was a frame whose columns all have names of text."""


def documented(cls: type[T]) -> type[T]:
    """Fill in the paragraphs {MODEL} and {ATTRIBUTES} of a class's docstring."""
    text = cls.__doc__ or ""
    for name, paragraph in (("MODEL", MODEL), ("ATTRIBUTES", ATTRIBUTES)):
        text = text.replace(f"    {{{name}}}", indent(paragraph, "    "))
    cls.__doc__ = text
    return cls
