"""scikit-learn's learning_rate="invscaling": a rate that falls with the samples seen."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np

from fastbp.inputs import Array
from fastbp.schedules import Schedule


@dataclass(frozen=True, repr=False)
class SampleInverseScaling(Schedule):
    """Factors that fall with the samples that were seen before an epoch.

        rate / (seen + e samples + 1)^power,   e = 0, 1, 2, ... epochs of this call done

    All steps of an epoch have one factor. The call is one ``fit`` or ``partial_fit``.

    Parameters
    ----------
    power : float
        scikit-learn's power_t; at least 0.
    samples, steps : int
        Of an epoch, at least 1: the samples that are trained on, the steps that they make.
    seen : int, default 0
        Samples of the calls before: the estimator's t_.
    anew : bool, default False
        Whether the first epoch has ``rate`` itself, however many were seen: so it is in a ``fit``
        with warm_start, whose optimizer is a new one.
    rate : float, default 1.0
        With the learning rate here, and 1.0 in the optimizer, each step's rate has the bits of
        scikit-learn's, which come from one division.

    Examples
    --------
    >>> SampleInverseScaling(1.0, samples=9, steps=2).factors([0, 1, 2, 3, 4], 6).tolist()
    [1.0, 1.0, 0.1, 0.1, 0.05263157894736842]
    >>> SampleInverseScaling(1.0, samples=9, steps=2, seen=9).factors([0, 2], 4).tolist()
    [0.1, 0.05263157894736842]
    """

    power: float
    _: KW_ONLY
    samples: int
    steps: int
    seen: int = 0
    anew: bool = False
    rate: float = 1.0

    name: ClassVar[str] = "sample_inverse_scaling"

    def _formula(self, t: Array, T: float) -> Array:
        epoch_of_step = t.astype(np.int64) // self.steps
        first, last = int(epoch_of_step.min()), int(epoch_of_step.max())
        of_epochs = np.array([self._of_epoch(e) for e in range(first, last + 1)])
        return of_epochs[epoch_of_step - first]

    def _of_epoch(self, e: int) -> float:
        if e == 0 and self.anew:
            return self.rate
        # Python's power, as in scikit-learn: NumPy's of an array may differ in the last bit.
        try:
            return self.rate / math.pow(self.seen + e * self.samples + 1, self.power)
        except OverflowError:
            return 0.0
