"""The History that fit returns: loss, accuracy and time of each epoch."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(repr=False)
class History:
    """Lists with one number for each epoch of a ``fit``.

    Attributes
    ----------
    loss : list of float
        The sample-weighted mean of each batch's C before its update; of LBFGS, C after the epoch.
    accuracy : list of float
        The share of samples that were right, each before the update of its batch: in their class,
        or in every label of rows of several (see :meth:`fastbp.Network.score`); empty where right
        and wrong do not apply (numbers). With sample weights all of these means are weighted.
    validation_loss, validation_accuracy : list of float
        The same after the epoch, on the validation samples; empty without them.
    learning_rate : list of float
        The rate of the epoch's last step; empty with LBFGS, which has none.
    seconds : list of float
        How long the epoch's training took, without validation and callbacks.
    metrics, validation_metrics : dict of str to list of float
        Each of ``fit(metrics=...)`` by its name, after the epoch: on the training samples without
        dropout, and on the validation samples (without them an empty dict).
    best_epoch : int or None
        With early stopping, the best epoch (from 0), whose state was restored unless
        ``restore="none"``.
    message : str or None
        Why an LBFGS ended, such as that it has converged; None with other optimizers, and where
        something else ended it.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    metrics: dict[str, list[float]] = field(default_factory=dict)
    validation_metrics: dict[str, list[float]] = field(default_factory=dict)
    message: str | None = None

    @property
    def epochs(self) -> int:
        """The number of whole epochs."""
        return len(self.loss)

    def plot(self, what: str = "loss", *, log: bool | None = None, ax: Any = None) -> Any:
        """Draw one number of each epoch, of training and of validation, with the best epoch.

        Parameters
        ----------
        what : str
            "loss", "accuracy", a metric's name, or any other column of :meth:`to_frame`; where
            there are the same numbers of validation samples, they are drawn with it.
        log : bool or None
            Whether the axis is logarithmic. None: where the number is above 0 and falls by more
            than a factor of 20.
        ax : matplotlib Axes, optional
            Where to draw; a new figure of ``matplotlib.pyplot`` if not given.

        Returns
        -------
        matplotlib Axes, or SVG where matplotlib (extra ``[plot]``) is not installed
            ``axes.figure.savefig(path)`` writes it, or ``svg.save(path)``. No window is opened:
            ``matplotlib.pyplot.show()`` does that. Notebooks show either.

        Raises
        ------
        ValueError, TypeError
            If there is no such number in this history, or nothing to draw, or an argument is none
            of these.

        Examples
        --------
        >>> from fastbp import History
        >>> picture = History(loss=[0.7, 0.2, 0.1], validation_loss=[0.5, 0.3, 0.2]).plot()
        """
        from fastbp.training import history_view

        return history_view.plot(self._columns(), what, log, self.best_epoch, ax)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each epoch and a column for each list.

        Lists that are empty are left out; the index ``epoch`` counts from 0.

        Raises
        ------
        ImportError
            If pandas is not installed.

        Examples
        --------
        >>> from fastbp import History
        >>> history = History(loss=[0.7, 0.2], seconds=[0.1, 0.1])
        >>> history.to_frame()  # doctest: +NORMALIZE_WHITESPACE
               loss  seconds
        epoch
        0       0.7      0.1
        1       0.2      0.1
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "History.to_frame makes a pandas DataFrame, and pandas is not installed: pip "
                "install pandas, or take the lists themselves, such as history.loss"
            ) from error
        columns = {
            name: pandas.Series(values, dtype="float64") for name, values in self._columns().items()
        }
        frame = pandas.DataFrame(columns)
        return frame.rename_axis(index="epoch")

    def __repr__(self) -> str:
        from fastbp.training import history_view

        return history_view.text(self._columns(), self.best_epoch)

    def _repr_html_(self) -> str:
        from fastbp.training import history_view

        return history_view.html(self._columns(), self.best_epoch)

    def _columns(self) -> dict[str, list[float]]:
        """Every list that is not empty; those of a dict, such as metrics, by the dict's keys.

        A metric with the name of another column, as the accuracy, has _metric after it.
        """
        columns: dict[str, list[float]] = {}
        for name in self.__dataclass_fields__:
            value = vars(self)[name]
            if isinstance(value, dict):
                prefix = "validation_" * name.startswith("validation_")
                for key, values in value.items():
                    if values:
                        column = f"{prefix}{key}"
                        columns[f"{column}_metric" if column in columns else column] = values
            elif isinstance(value, list) and value:
                columns[name] = value
        return columns
