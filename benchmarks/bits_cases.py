"""The cases of benchmarks/bits.py, by their names: what is computed, and with what."""

from functools import partial
from itertools import product

from bits_tasks import (
    OPTIMIZERS,
    answered,
    drawn,
    formula,
    gathered,
    looked_at_and_trained,
    not_finite,
    of_their_own,
    one_by_one,
    predicted,
    resumed,
    shared,
    single_steps,
    stopped_by_callback,
    stopped_early,
    stored,
    trained_by,
)

# What a caller can name, typed here once more: a build that no longer knows one has changed.
HIDDEN = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus")
SQUARES = ("squared_error", "half_squared_error", "mean_squared_error")
PAIRS = (
    *product(HIDDEN, SQUARES),
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
)
INITIALIZERS = (
    "auto",
    *(f"{name}_{law}" for name in ("glorot", "he", "lecun") for law in ("uniform", "normal")),
    "normal",
    "zeros",
)
WIDTHS = (1, 3, 8, 16, 17, 33, 64, 100)


def _cases():
    """Name -> function, in the order in which they run."""
    simple = looked_at_and_trained
    for name in HIDDEN:
        yield f"formula {name}", partial(formula, name=name)
        yield f"hidden {name}", partial(simple, sizes=[5, 17, 8, 3], rows=35, hidden=name)
    for (output, loss), n_L in product(PAIRS, (1, 3, 18)):
        if output != "softmax" or n_L > 1:
            of = {"sizes": [5, 9, n_L], "rows": 35, "output": output, "loss": loss}
            yield f"output {output}, {loss}, {n_L}", partial(simple, **of)
    for w in WIDTHS:
        for sizes in ([w, w, w], [5, w, 3], [w, 4, 3], [5, 4, w]):
            name = "-".join(map(str, sizes))
            yield f"width {name}", partial(simple, sizes=sizes, rows=35, hidden="relu")
        for optimizer in OPTIMIZERS:
            of = {"sizes": [w, w, w], "rows": 19, "optimizer": optimizer, "fit": {"l2": 0.01}}
            yield f"width {w}-{w}-{w}, {optimizer}, l2", partial(simple, **of)
    for batch in (2, 3, 5, 9, 14, 31, 65):
        of = {"sizes": [15, 129, 65], "optimizer": "adam", "fit": {"batch_size": batch}}
        yield f"width 15-129-65, batch {batch}", partial(simple, rows=2 * batch + 1, **of)
    for sizes in ([4097, 5], [9000, 3], [3, 9000, 2]):  # sums that are cut into blocks
        name = "-".join(map(str, sizes))
        yield f"width {name}", partial(simple, sizes=sizes, rows=5, fit={"batch_size": 2})
    yield "deep", partial(simple, sizes=[6, *[12] * 8, 3], rows=35)
    yield "wide", partial(simple, sizes=[9, 300, 700, 3], rows=5, fit={"batch_size": 1})
    yield "digits", partial(simple, sizes=[784, 128, 10], rows=40, hidden="sigmoid")
    yield "many rows", partial(simple, sizes=[7, 20, 3], rows=3000, fit={"batch_size": 2500})
    for (batch, rows), bias, optimizer in product(
        ((1, 13), (32, 103), (1030, 2100)), (True, False, "fixed"), OPTIMIZERS
    ):
        fits = [(0.0, False), (0.0, True), (0.01, True)]
        how = {"batch": batch, "rows": rows, "optimizer": optimizer, "fits": fits, "bias": bias}
        yield f"batch {batch}, {optimizer}, bias={bias}", partial(trained_by, **how)
    for sizes, name in product(([2, 4, 1], [8, 7, 5, 8], [1, 1], [16, 16, 16]), HIDDEN):
        path = "-".join(map(str, sizes))
        yield f"small {path}, {name}", partial(one_by_one, sizes=sizes, name=name)
    for dtype, layout in product(
        ("float32", "float64", "uint8", "int64", "bool"),
        ("rows", "every other column", "backwards", "columns", "every other row", "one row"),
    ):
        yield f"X {dtype}, {layout}", partial(gathered, kind=(dtype, layout))
    for kind in (
        "labels",
        "names",
        "one-hot",
        "one-hot numbers",
        "two classes",
        "several labels",
        "numbers",
        "rows of numbers",
    ):
        yield f"y {kind}", partial(answered, kind=kind)
    for patience in (1, 3):
        yield f"early stopping, patience {patience}", partial(stopped_early, patience=patience)
    for batch in (20, 200, 1030):
        yield f"threads, batch {batch}", partial(shared, batch=batch)
    for sizes in ([2, 4, 1], [64, 100, 10], [9, 300, 700, 3], [5, 33, 1]):
        yield f"predict {'-'.join(map(str, sizes))}", partial(predicted, sizes=sizes)
    yield "rows that are not finite", not_finite
    for method, optimizer in product(("file", "pickle", "copy"), OPTIMIZERS):
        yield (
            f"stored by {method}, {optimizer}",
            partial(stored, method=method, optimizer=optimizer),
        )
    yield "resumed", resumed
    for rows, optimizer in product((1, 32, 1030), OPTIMIZERS):
        yield (
            f"train_step {rows}, {optimizer}",
            partial(single_steps, rows=rows, optimizer=optimizer),
        )
    yield "callback", stopped_by_callback
    yield (
        "check_input False",
        partial(simple, sizes=[5, 17, 3], rows=35, fit={"check_input": False}),
    )
    for initializer in INITIALIZERS:
        yield f"initializer {initializer}", partial(drawn, initializer=initializer)
    for place in ("hidden", "output"):
        yield f"custom activation, {place}", partial(of_their_own, place=place)


CASES = dict(_cases())
#: Cases whose sums may be in another order in any build: they go layer by layer from Python.
ANY_ORDER = [case for case in CASES if case.startswith("custom activation")]
