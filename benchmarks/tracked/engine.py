"""fastbp's own speed, by its public names alone, so that old commits can be timed too."""
# ruff: noqa: D102 - asv takes the names: what is timed, and in which unit

import numpy as np

import fastbp

# shape -> hidden activation, output activation, loss, batch
TASKS = {
    "784-30-10": ("sigmoid", "sigmoid", "half_squared_error", 10),
    "64-64-10": ("relu", "softmax", "cross_entropy", 32),
    "784-128-10": ("relu", "softmax", "cross_entropy", 32),
    "784-512-512-10": ("relu", "softmax", "cross_entropy", 128),
}
DTYPES = ("float32", "float64")
STEPS = 64  # of an epoch


class OneTask:
    """A network with data of its number type."""

    params = (list(TASKS), list(DTYPES))
    param_names = ("shape", "dtype")
    rounds = 5  # asv's interleaved ones, so that a drifting machine hits all alike

    def setup(self, shape, dtype):
        activation, output, loss, self.batch = TASKS[shape]
        sizes = [int(n) for n in shape.split("-")]
        rng = np.random.default_rng(0)
        self.X = rng.random((STEPS * self.batch, sizes[0])).astype(dtype)
        self.Y = np.eye(sizes[-1], dtype=dtype)[rng.integers(sizes[-1], size=len(self.X))]
        self.net = fastbp.Network(
            sizes, activation=activation, output_activation=output, loss=loss, dtype=dtype, seed=0
        )
        self.optimizer = fastbp.SGD(0.01)


class Train(OneTask):
    """An epoch of `fit` on one thread, and one call of `train_step`."""

    def time_epoch(self, shape, dtype):
        self.net.fit(
            self.X,
            self.Y,
            epochs=1,
            batch_size=self.batch,
            optimizer=self.optimizer,
            n_threads=1,
        )

    def time_train_step(self, shape, dtype):
        batch = slice(self.batch)
        self.net.train_step(self.X[batch], self.Y[batch], optimizer=self.optimizer)


class Predict(OneTask):
    """A call of `predict`, of one sample and of many."""

    def time_one(self, shape, dtype):
        self.net.predict(self.X[:1])

    def time_all(self, shape, dtype):
        self.net.predict(self.X)


class Import:
    """What `import fastbp` takes in a fresh process."""

    def timeraw_import(self):
        return "import fastbp"
