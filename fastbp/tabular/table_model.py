"""The TableModel class."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastbp.ensemble import Ensemble
from fastbp.errors import FileFormatError
from fastbp.inputs import check_integer, check_number, short_repr
from fastbp.model_file import several
from fastbp.network import Network
from fastbp.tables.as_source import as_source
from fastbp.tables.chunks import Source
from fastbp.tables.class_names import class_key
from fastbp.tables.column_report import ColumnReports
from fastbp.tables.preprocessing import Preprocessing
from fastbp.tables.schema import Schema
from fastbp.tables.schema_options import SchemaOptions
from fastbp.tables.typed import Target, TypedTable
from fastbp.tabular import model_files
from fastbp.tabular.member import Member
from fastbp.tabular.members import Members, train_members
from fastbp.tabular.number_unit import exponent_of
from fastbp.tabular.old_models import saved_of
from fastbp.tabular.progress import as_members_reporter
from fastbp.tabular.recipe import as_recipe
from fastbp.training.history import History
from fastbp.training.threads import check_threads

_MOST_MEMBERS = 1000
_SCHEMA_OPTIONS = ("decimal", "missing", "dates", "ordered", "drop", "kinds")


class TableModel:
    """A model of a table: it reads the columns, trains networks, and predicts one column.

    Columns go by their names, whatever their order. What each was taken for
    :meth:`explain_columns` tells.

    Parameters
    ----------
    task : {"auto", "classify", "regress"}
        Whether the target is a class or a number; "auto" finds it from its cells.
    members : int, default 5
        The networks whose predictions are averaged. Each leaves another part of the rows out and
        keeps the epoch that was best on them; a single one leaves a fifth out.
    recipe : {"good", "plain"}
        How members are made and trained (docs/table-models.md).
    seed : int, optional
        Of first weights, the order of rows and the members' parts. The same seed gives the same
        model, whatever the number of threads; None draws one, which :attr:`seed` then has.
    hidden, activation, epochs, batch_size, optimizer, learning_rate, schedule, dropout, ema, l2, \
class_weight, initializer, compute, early_stopping : optional
        As of :class:`fastbp.Network`, its ``fit``, and optimizers, in place of the recipe's.
        ``schedule=False`` is a constant rate; keys of ``class_weight`` are class names.
    keep_best : {"error", "log_loss"}, optional
        Which epoch of classes is the best: "error", that of the fewest errors, or "log_loss", that
        of the best probabilities.
    n_threads : int, optional
        The most threads in training; None: as many as this process has cores.
    decimal, missing, dates, ordered, drop, kinds
        How the table is read where its cells do not tell (docs/tables.md).

    Attributes
    ----------
    seed : int or None
    schema : Schema
        What each column is.
    notes : tuple of str
        What there was to say of the table that it was fitted on, such as rows without a target.
    card : dict or None
        What is saved with the model for whoever finds the file: plain values that JSON can hold.

    Examples
    --------
    >>> from fastbp import TableModel
    >>> table = {
    ...     "weight": [4.1, 3.9, 30.5, 28.0, 4.4, 33.1, 3.6, 29.7],
    ...     "coat": ["short", "long", "short", "short", None, "long", "short", "long"],
    ...     "animal": ["cat", "cat", "dog", "dog", "cat", "dog", "cat", "dog"],
    ... }
    >>> model = TableModel(seed=0).fit(table, target="animal")
    >>> model.predict({"coat": ["long", "short"], "weight": [31.0, 4.0]})
    array(['dog', 'cat'], dtype=object)
    """

    def __init__(
        self,
        task: str = "auto",
        members: int = 5,
        recipe: Any = "good",
        seed: int | None = None,
        *,
        hidden: Any = None,
        activation: Any = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        optimizer: Any = None,
        learning_rate: float | None = None,
        schedule: Any = None,
        dropout: Any = None,
        ema: float | None = None,
        l2: float | None = None,
        class_weight: Any = None,
        initializer: Any = None,
        compute: str | None = None,
        early_stopping: Any = None,
        keep_best: str | None = None,
        n_threads: int | None = None,
        decimal: str | None = None,
        missing: Any = None,
        dates: str | None = None,
        ordered: Any = None,
        drop: Any = (),
        kinds: Any = None,
    ) -> None:
        self.members = check_integer("members", members, low=1, high=_MOST_MEMBERS)
        self.seed = None if seed is None else check_integer("seed", seed, low=0)
        self.n_threads = check_threads(n_threads)
        self.options: dict[str, Any] = {
            "hidden": hidden, "activation": activation, "epochs": epochs, "batch_size": batch_size,
            "optimizer": optimizer, "learning_rate": learning_rate, "schedule": schedule,
            "dropout": dropout, "ema": ema, "l2": l2, "class_weight": class_weight,
            "initializer": initializer, "compute": compute, "early_stopping": early_stopping,
            "keep_best": keep_best,
        }  # fmt: skip
        self.recipe = as_recipe(recipe, **self.options)
        given = (decimal, missing, dates, ordered, drop, kinds)
        reading = {
            name: value
            for name, value in zip(_SCHEMA_OPTIONS, given, strict=True)
            if value is not None
        }
        self.schema_options = SchemaOptions(task=task, **reading)
        self.schema: Schema | None = None
        self.card: dict[str, Any] | None = None
        self.notes: tuple[str, ...] = ()
        self._target: Target | None = None
        self._trained: Members | None = None

    # ---------------------------------------------------------------- training

    def fit(
        self, table: Any, target: str = "y", *, progress: Any = None, groups: Any = None
    ) -> Self:
        """Find out what each column is, and train.

        Parameters
        ----------
        table : path, data frame, dict, pair (X, names) or Source
            Rows whose target is missing are left out.
        target : str
            The column to predict.
        progress : None, True or object
            True shows a bar; an object is told how far the training is, by the methods of
            :class:`fastbp.tabular.members.MembersReporter`.
        groups : array-like, optional
            Of each row of the table something that is equal for rows of one group, such as the
            patient: no member learns from some rows of a group and validates on others.

        Returns
        -------
        TableModel
            This model.

        Raises
        ------
        ValueError, TypeError
            If an argument is not as above, or the table cannot be learnt from; the message has the
            row and column. The model is as it was.
        """
        source = as_source(table, expected_names=(target,))
        schema, typed = Schema.recognise_and_read(source, target, self.schema_options)
        model_files.check_room(schema, self.members, self.schema_options)
        if groups is not None:
            groups = _as_groups(groups, typed)
        self.fit_typed(typed, groups=groups, progress=progress)
        self.schema, self.notes = schema, typed.notes
        return self

    def fit_typed(self, typed: TypedTable, *, groups: Any = None, progress: Any = None) -> Self:
        """Train on rows that were read before, such as some of a table's; see :meth:`fit`.

        ``groups`` has one for each of these rows. :attr:`schema` stays as it is.
        """
        if typed.target is None:
            raise ValueError("the table was read without its target")
        recipe, target = self.recipe, typed.target
        if recipe.class_weight is not None:
            recipe = as_recipe(recipe, class_weight=_by_name(recipe.class_weight, target.classes))
        seed = self.seed
        if seed is None:
            seed = int(np.random.default_rng().integers(1 << 31))
        trained = train_members(
            typed.columns,
            target,
            recipe,
            members=self.members,
            seed=seed,
            groups=None if groups is None else np.asarray(groups),
            n_threads=self.n_threads,
            progress=as_members_reporter(progress),
        )
        self._trained, self.seed, self.card = trained, seed, None
        self._target = Target(target.name, target.values[:0], target.classes)
        return self

    # ---------------------------------------------------------------- what it is

    @property
    def task(self) -> str:
        """What it predicts, "classify" or "regress"; before a fit as it was asked for."""
        if self._target is None:
            return self.schema_options.task or "auto"
        return "classify" if self._target.classes else "regress"

    @property
    def target(self) -> str:
        """The name of the column that it predicts."""
        return self._fitted()[1].name

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of :meth:`predict_proba`; empty for numbers."""
        return self._fitted()[1].classes

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features, in the order of the networks' inputs."""
        return self._fitted()[0].members[0].encoder.names

    @property
    def networks(self) -> list[Network]:
        """The members' networks; what their inputs are :attr:`inputs` tells."""
        return [member.network for member in self._fitted()[0].members]

    @property
    def fitted_members(self) -> tuple[Member, ...]:
        """What each member is: its encoder of columns, its network, and what outputs mean."""
        return self._fitted()[0].members

    @property
    def histories(self) -> list[History | None]:
        """The history of each member's training; None for a model that was loaded."""
        return [member.history for member in self._fitted()[0].members]

    @property
    def ensemble(self) -> Ensemble:
        """The networks together; what it takes :meth:`encode` gives.

        Its outputs are those of the networks: without temperatures, and numbers in units of
        standard deviations.
        """
        return Ensemble(self.networks)

    @property
    def inputs(self) -> list[tuple[str, ...]]:
        """The names of each member's inputs."""
        return [member.encoder.inputs for member in self._fitted()[0].members]

    def explain_columns(self) -> ColumnReports:
        """What each column was taken for, and why: a list of reports that prints as a table."""
        self._fitted()
        return self._schema().explain()

    def __repr__(self) -> str:
        shown = f"members={self.members}, recipe={self.recipe.name!r}, seed={self.seed}"
        if self._target is None:
            return f"TableModel(task={self.task!r}, {shown}): not fitted"
        columns = f"{len(self.features)} column" + "s" * (len(self.features) != 1)
        return f"TableModel(task={self.task!r}, {shown}): {self.target!r} of {columns}"

    # ---------------------------------------------------------------- predictions

    def predict(self, table: Any) -> NDArray[Any]:
        """Predict the target of every row.

        Parameters
        ----------
        table : path, data frame, dict, pair (X, names) or Source
            With the columns of the training, in any order; the target may be there or not.

        Returns
        -------
        ndarray, shape (n,)
            The names of the classes, an object array of str; or numbers, float64.

        Raises
        ------
        ValueError
            If a column is missing or unknown, or a cell is none of its column's kind; the message
            has the row and column.
        """
        out = self.outputs(self._read(table, stacklevel=3))
        classes = self.classes
        return np.array(classes, object)[out.argmax(axis=1)] if classes else out

    def predict_proba(self, table: Any) -> NDArray[np.float64]:
        """The probability of each class for every row, (n, K), in the order of :attr:`classes`.

        Raises ValueError for a model of numbers, and as :meth:`predict`.
        """
        if not self.classes:
            raise ValueError(
                f"the target {self.target!r} is a number, which has no classes; use predict"
            )
        return self.outputs(self._read(table, stacklevel=3))

    def score(self, table: Any) -> float:
        """How well it does on other rows: the accuracy, or R^2 of numbers.

        Rows whose target is missing are left out.
        """
        self._fitted()
        typed = self._schema().read(self._source(table), with_target=True)
        assert typed.target is not None
        y, out = typed.target.values, self.outputs(typed)
        if len(y) == 0:
            raise ValueError("the table has no row with a target to score")
        if self.classes:
            return float(np.mean(out.argmax(axis=1) == y))
        exponent = exponent_of(y, out)
        y, out = np.ldexp(y, -exponent), np.ldexp(out, -exponent)
        residual, total = np.sum((y - out) ** 2), np.sum((y - y.mean()) ** 2)
        return float(1 - residual / total) if total > 0 else float(residual == 0)

    def outputs(self, typed: TypedTable) -> NDArray[np.float64]:
        """Of rows that were read before: probabilities (n, K), or numbers (n,)."""
        return self._fitted()[0].outputs(typed.columns, len(typed))

    def encode(self, table: Any) -> tuple[NDArray[np.float32], ...]:
        """The inputs of each network for the rows of a table: arrays (n, width), float32.

        What the columns stand for :attr:`inputs` tells.

        Raises
        ------
        ValueError
            As :meth:`predict`.
        """
        columns = self._read(table, stacklevel=3).columns
        return tuple(member.encoder.transform(columns) for member in self._fitted()[0].members)

    # ---------------------------------------------------------------- files

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to one file; an old file of that name stays whole until it is.

        Raises
        ------
        ValueError, OSError
            If it is not fitted, has an activation of your own, or the file cannot be written.
        """
        trained, target = self._fitted()
        model_files.save(
            path,
            trained,
            target,
            self._schema().to_dict(),
            {"members": self.members, "recipe": self.recipe.name, "seed": self.seed},
            self.options,
            self.schema_options,
            self.card,
        )

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read what :meth:`save` wrote, or a model that an older ``fastbp train`` did.

        Raises
        ------
        FileFormatError
            If the file is anything else.
        OSError
            If it cannot be opened or read.
        """
        if several.kind_of(path) is None:
            model = cls.of_network(Network.load(path))
            if model is None:
                with several.error_with_path(path):
                    raise FileFormatError(
                        "it holds a single network: load it with fastbp.Network.load"
                    )
            return model
        return model_files.load(path, cls._of_file)

    @classmethod
    def of_network(cls, net: Network) -> Self | None:
        """The model of the table that an older ``fastbp train`` describes in its network, or None.

        Raises
        ------
        FileFormatError
            If the description is damaged.
        """
        old = Preprocessing.of(net.preprocessing, net.sizes[0])
        return None if old is None else cls._of_file(saved_of(net, old))

    @classmethod
    def _of_file(cls, saved: model_files.Saved) -> Self:
        model = cls(**saved.arguments)
        found = saved.schema
        model.schema = found if isinstance(found, Schema) else Schema.from_dict(found)
        model._trained, model._target, model.card = saved.members, saved.target, saved.card
        return model

    # ---------------------------------------------------------------- private

    def _fitted(self) -> tuple[Members, Target]:
        if self._trained is None or self._target is None:
            raise ValueError("the model is not fitted yet: call fit(table, target=...) first")
        return self._trained, self._target

    def _schema(self) -> Schema:
        if self.schema is None:
            raise ValueError("the model was trained on typed rows, and knows no table's columns")
        return self.schema

    def _source(self, table: Any) -> Source:
        """Return a table to predict; a file's header is known by the training table's columns."""
        schema = self._schema()
        if isinstance(table, (str, PathLike)) and schema.named:
            return as_source(table, expected_names=schema.names)
        return as_source(table)

    def _read(self, table: Any, stacklevel: int) -> TypedTable:
        self._fitted()
        typed = self._schema().read(self._source(table), with_target=False)
        for note in typed.notes:
            warnings.warn(note, UserWarning, stacklevel=stacklevel)
        return typed


def _as_groups(groups: Any, typed: TypedTable) -> NDArray[Any]:
    """The groups of the rows that have a target."""
    values = np.asarray(groups)
    if values.shape != (typed.n_source_rows,):
        raise ValueError(
            f"groups must have one for each of the {typed.n_source_rows:,} rows of the table, got "
            f"an array of shape {values.shape}"
        )
    return values[typed.rows]


def _by_name(class_weight: Any, classes: tuple[str, ...]) -> Any:
    """Class weights with the names of classes as keys."""
    if not classes:
        raise ValueError("class_weight is for classes, and the target is a number; leave it out")
    if not isinstance(class_weight, Mapping):
        return class_weight
    by_key = {class_key(name): name for name in classes}
    named: dict[str, float] = {}
    for key, weight in class_weight.items():
        name = by_key.get(class_key(str(key)))
        if name is None:
            raise ValueError(
                f"class_weight names {short_repr(key)}, which is none of the classes: "
                f"{', '.join(map(repr, classes))}"
            )
        if name in named:
            raise ValueError(f"class_weight names the class {name!r} twice")
        named[name] = check_number(f"class_weight[{short_repr(key)}]", weight, low=0)
    return named
