"""The cases of benchmarks/bits.py: functions, and the arguments that they are called with.

A function has the :class:`bits_results.Results` that it fills as its first argument; ``cases`` and
``add`` name its cases after the others. Like bits_results.py this runs in the interpreters of old
builds. Trainings are short, for on the plain set they must stay within a bound.
"""

import pickle
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bits_results import Results, threads

import fastbp

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
OPTIMIZERS = {
    "sgd": fastbp.SGD(0.05),
    "momentum": fastbp.SGD(0.05, 0.9),
    "nesterov": fastbp.SGD(0.05, 0.9, nesterov=True),
    # With an eps of a gradient's size a step depends smoothly on the gradient: with 1e-8 it is the
    # sign of a number that may be all rounding, which no bound could be told for.
    "adam": fastbp.Adam(0.01, 0.9, beta2=0.99, eps=0.1),
    "adam, eps=1e-8": fastbp.Adam(0.01, 0.9, beta2=0.999, eps=1e-8),
}
CLASSIFIER = {"hidden": "relu", "output_activation": "softmax", "loss": "cross_entropy"}
SIGMOIDS = {"output_activation": "sigmoid"}
LABELS = {"hidden": "tanh", "output_activation": "sigmoid", "loss": "binary_cross_entropy"}

CASES = {}  # name -> a function of the number type that returns Results, in the order of a run


def add(case, task, **arguments):
    """Name a case: a function with its arguments."""
    CASES[case] = partial(_results, task, arguments)


def _results(task, arguments, number):
    results = Results(number)
    task(results, **arguments)
    return results


def cases(pattern, **values):
    """Name a case for each combination of the arguments' values; the pattern has their names."""

    def decorate(task):
        for combination in product(*values.values()):
            arguments = dict(zip(values, combination, strict=True))
            add(pattern.format(**arguments), task, **arguments)
        return task

    return decorate


@cases("formula {name}", name=HIDDEN)
def formula(out, name):
    """Values of g for numbers of every size, by a network of one node whose z is its input."""
    net, _, _ = out.start("1-1", 1, 1, output_activation=name)
    net.weights[0][...], net.biases[0][...] = 1, 0
    top = np.finfo(net.dtype).max
    for region, z in {
        "near 0": np.linspace(-1, 1, 801),
        "far": np.linspace(-20, 20, 801),
        "farther": np.linspace(-800, 800, 401),
        "tiny": np.finfo(net.dtype).smallest_subnormal * np.arange(-50, 51),
        "at the ends": [-np.inf, -top, -0.0, 0.0, top, np.inf, np.nan],
    }.items():
        out.add(region, net.predict(np.array(z, net.dtype).reshape(-1, 1)))


def simple(out, sizes, rows=35, optimizer="momentum", fit=(), **of):
    """Look at a network, and train it for an epoch."""
    _, X, Y = out.start(sizes, rows, rows, **of)
    out.looks(X, Y)
    out.fits(X, Y, OPTIMIZERS[optimizer], **dict(fit))


for name in HIDDEN:
    add(f"hidden {name}", simple, sizes="5-17-8-3", hidden=name)
for (output, loss), n in product(PAIRS, (1, 3, 18)):
    if output != "softmax" or n > 1:
        of = {"sizes": f"5-9-{n}", "output_activation": output, "loss": loss}
        add(f"output {output}, {loss}, {n}", simple, **of)
for w in (1, 3, 8, 16, 17, 33, 64, 100):
    for sizes in (f"{w}-{w}-{w}", f"5-{w}-3", f"{w}-4-3", f"5-4-{w}"):
        add(f"width {sizes}", simple, sizes=sizes, hidden="relu")
    for rule in OPTIMIZERS:
        of = {"sizes": f"{w}-{w}-{w}", "rows": 19, "optimizer": rule, "fit": {"l2": 0.01}}
        add(f"width {w}-{w}-{w}, {rule}, l2", simple, **of)
for batch in (2, 3, 5, 9, 14, 31, 65):
    of = {"rows": 2 * batch + 1, "optimizer": "adam", "fit": {"batch_size": batch}}
    add(f"width 15-129-65, batch {batch}", simple, sizes="15-129-65", **of)
for sizes in ("4097-5", "9000-3", "3-9000-2"):  # sums that are cut into blocks
    add(f"width {sizes}", simple, sizes=sizes, rows=5, fit={"batch_size": 2})
add("deep", simple, sizes=f"6-{'12-' * 8}3")
add("wide", simple, sizes="9-300-700-3", rows=5, fit={"batch_size": 1})
add("digits", simple, sizes="784-128-10", rows=40, hidden="sigmoid")
add("many rows", simple, sizes="7-20-3", rows=3000, fit={"batch_size": 2500})
add("check_input False", simple, sizes="5-17-3", fit={"check_input": False})


@cases(
    "batch {batch}, {optimizer}, bias={bias}",
    batch=(1, 32, 1030),
    bias=(True, False, "fixed"),
    optimizer=OPTIMIZERS,
)
def trained_by(out, batch, optimizer, bias):
    """Train one network after the other, each in another way; the last batch is not full."""
    rows = {1: 13, 32: 103, 1030: 2100}[batch]
    for l2, shuffle in [(0.0, False), (0.0, True), (0.01, True)]:
        _, X, Y = out.start("9-33-17-4", batch, rows, bias=bias, **CLASSIFIER)
        how = {"epochs": 2, "batch_size": batch, "l2": l2, "shuffle": shuffle}
        out.fits(X, Y, OPTIMIZERS[optimizer], f"l2={l2}, shuffle={shuffle}: ", **how)


@cases("small {sizes}, {name}", sizes=("2-4-1", "8-7-5-8", "1-1", "16-16-16"), name=HIDDEN)
def one_by_one(out, sizes, name):
    """Steps of one sample, which stay in registers in networks that are small enough."""
    outputs = [
        ("identity", "half_squared_error"),
        (name, "squared_error"),
        ("sigmoid", "binary_cross_entropy"),
    ]
    for l2, (output, loss) in product((0.0, 0.01), outputs):
        _, X, Y = out.start(sizes, 1, 13, hidden=name, output_activation=output, loss=loss)
        how = {"batch_size": 1, "l2": l2, "shuffle": True}
        out.fits(X, Y, fastbp.SGD(0.01), f"l2={l2}, {output}, {loss}: ", **how)


LAYOUTS = {  # of 40 rows of 6 numbers, made of 80 rows of 12
    "rows": lambda wide: wide[:40, :6].copy(),
    "every other column": lambda wide: wide[:40, ::2],
    "backwards": lambda wide: wide[39::-1, 5::-1],
    "columns": lambda wide: np.asfortranarray(wide[:40, :6]),
    "every other row": lambda wide: wide[::2, 3:9],
    "one row": lambda wide: np.broadcast_to(wide[0, :6], (40, 6)),
}


@cases(
    "X {dtype}, {layout}",
    dtype=("float32", "float64", "uint8", "int64", "bool"),
    layout=LAYOUTS,
)
def gathered(out, dtype, layout):
    """Samples of one kind, read as they lie."""
    _, _, Y = out.start("6-20-3", 16, 40)
    wide = np.random.default_rng(3).integers(0, 200, (80, 12))
    X = LAYOUTS[layout]((wide / 256 if dtype.startswith("float") else wide % 3).astype(dtype))
    Y = np.asfortranarray(Y.astype("float64")) if layout == "columns" else Y
    out.looks(X, Y)
    out.fits(X, Y, OPTIMIZERS["sgd"], shuffle=True)


TARGETS = {  # kind of y -> formulas, number of outputs, 48 targets by a generator
    "labels": (CLASSIFIER, 3, lambda rng: rng.integers(0, 3, 48)),
    "names": (CLASSIFIER, 3, lambda rng: np.array(["ant", "bee", "cat"])[rng.integers(0, 3, 48)]),
    "one-hot": (CLASSIFIER, 3, lambda rng: np.eye(3)[rng.integers(0, 3, 48)]),
    "one-hot numbers": (SIGMOIDS, 3, lambda rng: np.eye(3)[rng.integers(0, 3, 48)]),
    "two classes": (LABELS, 1, lambda rng: rng.integers(0, 2, 48)),
    "several labels": (LABELS, 3, lambda rng: rng.integers(0, 2, (48, 3))),
    "numbers": ({}, 1, lambda rng: rng.random(48)),
    "rows of numbers": ({}, 3, lambda rng: rng.random((48, 3))),
}


@cases("y {kind}", kind=TARGETS)
def predicted_targets(out, kind):
    """Targets of one kind: classes, scores and accuracies, with validation of both forms."""
    of, n_L, draw = TARGETS[kind]
    y = draw(np.random.default_rng(13))
    for name, validation in [("fraction", 0.25), ("data", None)]:
        net, X, _ = out.start(f"5-16-{n_L}", 8, 48, **of)
        if kind == "names":
            net.classes = ["ant", "bee", "cat"]
        held_out = validation or (X[40:], y[40:])
        how = {"epochs": 2, "batch_size": 8, "shuffle": True, "validation": held_out}
        out.fits(X, y, OPTIMIZERS["momentum"], f"{name}: ", **how)
        out.add(f"{name}: score", net.score(X, y))
        if "numbers" not in kind:
            out.add(f"{name}: predict_classes", net.predict_classes(X))


@cases("early stopping, patience {patience}", patience=(1, 3))
def stopped_early(out, patience):
    """Training that the validation loss ends, with the best weights back."""
    _, X, Y = out.start("5-16-1", 8, 24)
    held_out = X[:8], Y[:8] + 0.3 * X[:8, :1]
    stopping = fastbp.EarlyStopping(patience=patience, min_delta=1e-3)
    how = {"epochs": 6, "batch_size": 8, "validation": held_out, "early_stopping": stopping}
    for prefix in ("", "again: "):
        out.fits(X, Y, OPTIMIZERS["momentum"], prefix, **how)


@cases("threads, batch {batch}", batch=(20, 200, 1030))
def shared(out, batch):
    """Training by a team: the same bits for any number of threads."""
    for n in (1, 2, 3, 7):
        _, X, Y = out.start("60-80-10", batch, 3 * batch // 2, **CLASSIFIER)
        how = {"batch_size": batch, "shuffle": True, "n_threads": threads(n)}
        out.fits(X, Y, OPTIMIZERS["momentum"], f"{n} threads: ", **how)


@cases("predict {sizes}", sizes=("2-4-1", "64-100-10", "9-300-700-3", "5-33-1"))
def predicted(out, sizes):
    """Predictions of few rows and of many."""
    net, X, _ = out.start(sizes, 1, 1030, hidden="relu")
    for rows in (1, 7, 1024, 1030):
        out.add(f"{rows} rows", net.predict(X[:rows]))


@cases("rows that are not finite")
def not_finite(out):
    """NaN and infinities in rows of X, which nothing but fit refuses."""
    net, X, Y = out.start("4-9-3", 5, 5, hidden="relu")
    X[1, 2], X[3, 0], X[4, 1] = np.nan, np.inf, -np.inf
    out.add("predict", net.predict(X))
    out.add("loss_value", net.loss_value(X, Y))
    out.add("gradients", np.concatenate([w.ravel() for w in net.gradients(X, Y).weights]))


def by_file(net):
    """A network that was saved and loaded."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.safetensors"
        net.save(path)
        return fastbp.Network.load(path)


TWINS = {
    "file": by_file,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "copy": lambda net: net.copy(),
}


@cases("stored by {method}, {optimizer}", method=TWINS, optimizer=OPTIMIZERS)
def stored(out, method, optimizer):
    """A network that is stored, brought back, and trained on, as the first one is."""
    net, X, Y = out.start("5-17-3", 8, 40, **CLASSIFIER)
    how = {"epochs": 1, "batch_size": 8, "shuffle": True}
    out.fits(X, Y, OPTIMIZERS[optimizer], **how)
    for name, either in [("the first one", net), ("the twin", TWINS[method](net))]:
        out.of(either, 8)
        out.trained(5, OPTIMIZERS[optimizer])
        out.fits(X, Y, None, f"{name} goes on: ", **how)


@cases("resumed")
def resumed(out):
    """Fits after fits and single steps, with other optimizers in between."""
    _, X, Y = out.start("5-17-3", 16, 40)
    for i, name in enumerate(["momentum", "momentum", "adam", "sgd", "momentum"]):
        out.fits(X, Y, OPTIMIZERS[name], f"fit {i}: ", shuffle=i % 2 == 0)
        out.takes_steps(X, Y, None, prefix=f"after fit {i}: ")


@cases("train_step {rows}, {optimizer}", rows=(1, 32, 1030), optimizer=OPTIMIZERS)
def single_steps(out, rows, optimizer):
    """Calls of train_step."""
    _, X, Y = out.start("9-20-4", rows, rows, hidden="elu")
    out.takes_steps(X, Y, OPTIMIZERS[optimizer], count=3)


@cases("callback")
def stopped_by_callback(out):
    """A callback that looks at a prediction after each epoch, and stops the third."""
    _, X, Y = out.start("5-17-3", 16, 32)
    seen = []

    def look(net, epoch, history):
        seen.append(net.predict(X[:3]))
        return epoch == 2

    out.fits(X, Y, OPTIMIZERS["momentum"], epochs=4, callbacks=[look])
    out.add("seen by the callback", seen)


@cases("initializer {initializer}", initializer=INITIALIZERS)
def drawn(out, initializer):
    """The first weights that a build draws, and the next numbers of its generator, as orders."""
    for hidden in ("tanh", "relu"):
        net, X, Y = out.start("4-9-5", 4, 12, hidden=hidden, initializer=initializer, seed=3)
        out.add(f"{hidden}: first parameters", net.parameters)
        out.fits(X, Y, OPTIMIZERS["sgd"], f"{hidden}: ", batch_size=4, shuffle=True)


SINE = fastbp.Activation(np.sin, np.cos)
add("custom activation, hidden", simple, sizes="5-17-8-3", rows=32, hidden=[SINE, "tanh"])
add("custom activation, output", simple, sizes="5-17-8-3", rows=32, output_activation=SINE)
#: Cases whose sums may be in another order in any build: they go layer by layer from Python.
ANY_ORDER = [case for case in CASES if case.startswith("custom activation")]
