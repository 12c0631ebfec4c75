"""The History that fit returns: loss, accuracy and time of each epoch."""

from dataclasses import dataclass, field


@dataclass
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
