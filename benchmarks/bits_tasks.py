"""What benchmarks/bits.py has computed: functions of the number type, and of what a case varies.

Each gives its :class:`bits_results.Results`. Trainings are short, for on the plain set they must
stay within a bound.
"""

import pickle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bits_results import NUMBERS, Results, network, samples, threads

import fastbp

OPTIMIZERS = {
    "sgd": fastbp.SGD(0.05),
    "momentum": fastbp.SGD(0.05, 0.9),
    "nesterov": fastbp.SGD(0.05, 0.9, nesterov=True),
    # With an eps of a gradient's size a step depends smoothly on the gradient: with 1e-8 it is the
    # sign of a number that may be all rounding, which no bound could be told for.
    "adam": fastbp.Adam(0.01, 0.9, beta2=0.99, eps=0.1),
    "adam, eps=1e-8": fastbp.Adam(0.01, 0.9, beta2=0.999, eps=1e-8),
}
THREADS = (1, 2, 3, 7)
CLASSIFIER = {"hidden": "relu", "output": "softmax", "loss": "cross_entropy"}
LABELS = {"hidden": "tanh", "output": "sigmoid", "loss": "binary_cross_entropy"}


def looked_at_and_trained(number, sizes, rows, optimizer="momentum", fit=(), **of):
    """Look at a network, and train it for an epoch or two."""
    out = Results()
    _, X, Y = out.start(number, sizes, rows, rows, **of)
    out.looks(X, Y)
    out.fits(X, Y, OPTIMIZERS[optimizer], **dict(fit))
    return out


def formula(number, name):
    """Values of g for numbers of every size, by a network of one node whose z is its input."""
    out = Results()
    net = out.of(network(number, [1, 1], output=name))
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
    return out


def trained_by(number, batch, rows, optimizer, fits, bias=True):
    """Train one network after the other, each in another way."""
    out = Results()
    for l2, shuffle in fits:
        _, X, Y = out.start(number, [9, 33, 17, 4], batch, rows, bias=bias, **CLASSIFIER)
        how = {"epochs": 2, "batch_size": batch, "l2": l2, "shuffle": shuffle}
        out.fits(X, Y, OPTIMIZERS[optimizer], f"l2={l2}, shuffle={shuffle}: ", **how)
    return out


def one_by_one(number, sizes, name):
    """Steps of one sample, which stay in registers in networks that are small enough."""
    out = Results()
    for l2 in (0.0, 0.01):
        for output, loss in [
            ("identity", "half_squared_error"),
            (name, "squared_error"),
            ("sigmoid", "binary_cross_entropy"),
        ]:
            of = {"hidden": name, "output": output, "loss": loss}
            _, X, Y = out.start(number, sizes, 1, 13, **of)
            how = {"batch_size": 1, "l2": l2, "shuffle": True}
            out.fits(X, Y, fastbp.SGD(0.01), f"l2={l2}, {output}, {loss}: ", **how)
    return out


def gathered(number, kind):
    """Samples of one kind, read as they lie."""
    out = Results()
    _, _, Y = out.start(number, [6, 20, 3], 16, 40)
    dtype, layout = kind
    wide = np.random.default_rng(3).integers(0, 200, (80, 12))
    wide = (wide / 256 if dtype.startswith("float") else wide % 3).astype(dtype)
    X = {
        "rows": wide[:40, :6].copy(),
        "every other column": wide[:40, ::2],
        "backwards": wide[39::-1, 5::-1],
        "columns": np.asfortranarray(wide[:40, :6]),
        "every other row": wide[::2, 3:9],
        "one row": np.broadcast_to(wide[0, :6], (40, 6)),
    }[layout]
    Y = np.asfortranarray(Y.astype("float64")) if layout == "columns" else Y
    out.looks(X, Y)
    out.fits(X, Y, OPTIMIZERS["sgd"], shuffle=True)
    return out


def answered(number, kind):
    """Targets of one kind: classes, scores and accuracies, with validation of both forms."""
    out = Results()
    rng = np.random.default_rng(13)
    of, n_L, y = {
        "labels": (CLASSIFIER, 3, rng.integers(0, 3, 48)),
        "names": (CLASSIFIER, 3, np.array(["ant", "bee", "cat"])[rng.integers(0, 3, 48)]),
        "one-hot": (CLASSIFIER, 3, np.eye(3)[rng.integers(0, 3, 48)]),
        "one-hot numbers": ({"output": "sigmoid"}, 3, np.eye(3)[rng.integers(0, 3, 48)]),
        "two classes": (LABELS, 1, rng.integers(0, 2, 48)),
        "several labels": (LABELS, 3, rng.integers(0, 2, (48, 3))),
        "numbers": ({}, 1, rng.random(48)),
        "rows of numbers": ({}, 3, rng.random((48, 3))),
    }[kind]
    for name, validation in [("fraction", 0.25), ("data", None)]:
        net, X, _ = out.start(number, [5, 16, n_L], 8, 48, **of)
        if kind == "names":
            net.classes = ["ant", "bee", "cat"]
        held_out = validation or (X[40:], y[40:])
        how = {"epochs": 2, "batch_size": 8, "shuffle": True, "validation": held_out}
        out.fits(X, y, OPTIMIZERS["momentum"], f"{name}: ", **how)
        out.add(f"{name}: score", net.score(X, y))
        if "numbers" not in kind:
            out.add(f"{name}: predict_classes", net.predict_classes(X))
    return out


def stopped_early(number, patience):
    """Training that the validation loss ends, with the best weights back."""
    out = Results()
    _, X, Y = out.start(number, [5, 16, 1], 8, 24)
    held_out = X[:8], Y[:8] + 0.3 * X[:8, :1]
    stopping = fastbp.EarlyStopping(patience=patience, min_delta=1e-3)
    how = {"epochs": 6, "batch_size": 8, "validation": held_out, "early_stopping": stopping}
    out.fits(X, Y, OPTIMIZERS["momentum"], **how)
    out.fits(X, Y, OPTIMIZERS["momentum"], "again: ", **how)
    return out


def shared(number, batch):
    """Training by a team: the same bits for any number of threads."""
    out = Results()
    for n in THREADS:
        _, X, Y = out.start(number, [60, 80, 10], batch, 3 * batch // 2, **CLASSIFIER)
        how = {"batch_size": batch, "shuffle": True, "n_threads": threads(n)}
        out.fits(X, Y, OPTIMIZERS["momentum"], f"{n} threads: ", **how)
    return out


def predicted(number, sizes):
    """Predictions of few rows and of many."""
    out = Results()
    net, X, _ = out.start(number, sizes, 1, 1030, hidden="relu")
    for rows in (1, 7, 1024, 1030):
        out.add(f"{rows} rows", net.predict(X[:rows]))
    return out


def not_finite(number):
    """NaN and infinities in rows of X, which nothing but fit refuses."""
    out = Results()
    net, X, Y = out.start(number, [4, 9, 3], 5, 5, hidden="relu")
    X[1, 2], X[3, 0], X[4, 1] = np.nan, np.inf, -np.inf
    out.add("predict", net.predict(X))
    out.add("loss_value", net.loss_value(X, Y))
    out.add("gradients", np.concatenate([w.ravel() for w in net.gradients(X, Y).weights]))
    return out


def stored(number, method, optimizer):
    """A network that is stored, brought back, and trained on, as the first one is."""
    out = Results()
    net, X, Y = out.start(number, [5, 17, 3], 8, 40, **CLASSIFIER)
    how = {"epochs": 1, "batch_size": 8, "shuffle": True}
    out.fits(X, Y, OPTIMIZERS[optimizer], **how)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.safetensors"
        if method == "file":
            net.save(path)
        twin = {
            "file": lambda: fastbp.Network.load(path),
            "pickle": lambda: pickle.loads(pickle.dumps(net)),
            "copy": net.copy,
        }[method]()
    for name, either in [("the first one", net), ("the twin", twin)]:
        out.of(either, 8, steps=5)
        out.goes_by(OPTIMIZERS[optimizer])
        out.fits(X, Y, None, f"{name} goes on: ", **how)
    return out


def resumed(number):
    """Fits after fits and single steps, with other optimizers in between."""
    out = Results()
    _, X, Y = out.start(number, [5, 17, 3], 16, 40)
    for i, name in enumerate(["momentum", "momentum", "adam", "sgd", "momentum"]):
        out.fits(X, Y, OPTIMIZERS[name], f"fit {i}: ", shuffle=i % 2 == 0)
        out.steps(X, Y, None, prefix=f"after fit {i}: ")
    return out


def single_steps(number, rows, optimizer):
    """Calls of train_step."""
    out = Results()
    _, X, Y = out.start(number, [9, 20, 4], rows, rows, hidden="elu")
    out.steps(X, Y, OPTIMIZERS[optimizer], count=3)
    return out


def stopped_by_callback(number):
    """A callback that looks at a prediction after each epoch, and stops the third."""
    out = Results()
    _, X, Y = out.start(number, [5, 17, 3], 16, 32)
    seen = []

    def look(net, epoch, history):
        seen.append(net.predict(X[:3]))
        return epoch == 2

    out.fits(X, Y, OPTIMIZERS["momentum"], epochs=4, callbacks=[look])
    out.add("seen by the callback", seen)
    return out


def drawn(number, initializer):
    """The first weights that a build draws, and the next numbers of its generator, as orders."""
    out = Results()
    for hidden in ("tanh", "relu"):
        net = fastbp.Network(
            [4, 9, 5],
            hidden,
            output_activation="identity",
            loss="half_squared_error",
            bias=True,
            initializer=initializer,
            seed=3,
            **NUMBERS[number],
        )
        out.of(net, 4)
        out.add(f"{hidden}: first parameters", net.parameters)
        X, Y = samples(net, 12)
        out.fits(X, Y, OPTIMIZERS["sgd"], f"{hidden}: ", batch_size=4, shuffle=True)
    return out


def of_their_own(number, place):
    """An activation of the caller's own."""
    sine = fastbp.Activation(np.sin, np.cos)
    names = {"hidden": [sine, "tanh"]} if place == "hidden" else {"output": sine}
    return looked_at_and_trained(number, [5, 17, 8, 3], 32, **names)
