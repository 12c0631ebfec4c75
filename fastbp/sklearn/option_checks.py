"""Which of the parameters on top go together."""

from typing import Any

import numpy as np

from fastbp.sklearn.class_weights import check_class_weight
from fastbp.sklearn.own_optimizer import check_optimizer
from fastbp.sklearn.transform import check_layer

#: What belongs to training in steps, with what leaves it out.
OF_STEPS = {"optimizer": None, "schedule": None, "ema": None, "dropout": 0.0, "callbacks": None}


def check_options(estimator: Any, incremental: bool) -> None:
    """Refuse, before anything changes, what cannot be done together."""
    if estimator.solver == "lbfgs":
        _refuse_with_lbfgs(estimator)
    else:
        check_optimizer(estimator, incremental)
    check_class_weight(estimator, incremental)
    if estimator.transform_layer is not None:
        check_layer(estimator, np.size(estimator.hidden_layer_sizes))
    if getattr(estimator, "scale_target", False) and estimator.loss == "poisson":
        raise ValueError(
            "scale_target=True does not go with loss='poisson', whose targets are numbers of 0 or "
            "more in units of their own: leave scale_target out, or take another loss"
        )


def _refuse_with_lbfgs(estimator: Any) -> None:
    given = [name for name, off in OF_STEPS.items() if _is_given(getattr(estimator, name), off)]
    if estimator._validation_data() is not None:
        given.append("validation_data")
    if given:
        raise ValueError(
            f"solver='lbfgs' takes no {' and no '.join(given)}, which are for training in epochs: "
            f"leave out, or use solver='adam'"
        )


def _is_given(value: Any, off: Any) -> bool:
    return value is not None if off is None else bool(np.any(np.asarray(value) != off))
