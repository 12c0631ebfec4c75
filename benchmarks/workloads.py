"""What is trained: T1 to T8, and shapes that nobody tuned for."""

from dataclasses import dataclass

import numpy as np

DECAY = 0.01  # AdamW's, where no other is given
OF_OPTIMIZERS = ("weight_decay", "clip_norm", "clip_value", "layer_rates", "ema")
DATA = 8_000_000  # bytes of float32 samples at most, if that gives 2 batches: it fits into a cache
WORK = 10_000_000_000  # flops of an epoch at most, if that gives 2 batches: some 0.1 s


@dataclass(frozen=True)
class Workload:
    """A network, its mini-batches and its optimizer, with data from a fixed seed.

    What a step does besides is in the other fields; 0, (), None and False are nothing.
    """

    name: str
    sizes: tuple[int, ...]
    activation: str
    output: str
    loss: str
    batch: int
    optimizer: str  # also "adam_hat": Adam with eps added before the bias correction
    learning_rate: float = 0.01
    compute: str | None = None
    dropout: float = 0.0
    weighted: bool = False
    metrics: tuple[str, ...] = ()
    callback: str | None = None
    label_smoothing: float = 0.0
    class_weighted: bool = False
    own_loss: bool = False  # cross_entropy as a formula of a
    final_factor: float = 0.0  # what half a cosine over the first epoch ends with
    layer_ratio: float = 0.0  # a layer's rate by that of the layer before it
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    clip_value: float = 0.0
    ema: float = 0.0
    l1: float = 0.0

    def __str__(self):
        return (
            f"{'-'.join(map(str, self.sizes))}, {self.activation} / {self.output}, {self.loss}, "
            f"batch {self.batch}, {self.optimizer}"
        )

    @property
    def steps(self):
        """Steps of an epoch."""
        bytes_of_a_batch = 4 * self.batch * (self.sizes[0] + self.sizes[-1])
        every_class = -(-self.sizes[-1] // self.batch)
        long_enough = 2048 if self.flops < 10_000 else 512  # for what an epoch costs by itself
        short_enough = min(DATA // bytes_of_a_batch, WORK // self.flops)
        return max(2, every_class, min(long_enough, short_enough))

    @property
    def layers(self):
        """The sizes in words short enough for a table."""
        n, count = self.sizes[0], len(self.sizes) - 1
        alike = count > 3 and set(self.sizes) == {n}
        return f"{count} layers of {n}" if alike else "-".join(map(str, self.sizes))

    @property
    def weights(self):
        """Weights of each layer."""
        return [m * n for m, n in zip(self.sizes[1:], self.sizes[:-1], strict=True)]

    @property
    def flops(self):
        """Of the products of a step: three a weight, but none for a delta of the input."""
        return 2 * self.batch * (3 * sum(self.weights) - self.weights[0])

    def data(self, dtype):
        """Samples X in [-1, 1) and targets Y: 0 or 1, one 1 a row where n_L > 1."""
        rng, m, n_L = np.random.default_rng(0), self.steps * self.batch, self.sizes[-1]
        X = (2 * rng.random((m, self.sizes[0]), dtype=np.float32) - 1).astype(dtype)
        labels = rng.permutation(np.arange(m) % max(n_L, 2))
        Y = np.eye(n_L, dtype=dtype)[labels] if n_L > 1 else labels[:, np.newaxis].astype(dtype)
        return X, Y

    def samples(self, m, dtype):
        """So many samples to predict; fewer are the first of more."""
        rng = np.random.default_rng(4)
        return (2 * rng.random((m, self.sizes[0]), dtype=np.float32) - 1).astype(dtype)

    def first_layers(self, dtype):
        """First (w, b) of each layer, w (n_out, n_in); float32 numbers, so the same in float64."""
        rng = np.random.default_rng(1)
        for n_in, n_out in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            limit = np.sqrt((6 if self.activation == "relu" else 3) / n_in)
            w, b = rng.uniform(-limit, limit, (n_out, n_in)), rng.uniform(-0.1, 0.1, n_out)
            yield tuple(part.astype(np.float32).astype(dtype) for part in (w, b))

    def sample_weights(self, dtype):
        """One number a sample, in [0.5, 1.5)."""
        return (0.5 + np.random.default_rng(5).random(self.steps * self.batch)).astype(dtype)

    def class_weights(self, dtype):
        """One number a class, from 0.5 to 1.5."""
        return np.linspace(0.5, 1.5, self.sizes[-1]).astype(dtype)

    @property
    def rule(self):
        """The optimizer's, as other libraries have it: AdamW is Adam with a decay."""
        return "adam" if self.optimizer == "adamw" else self.optimizer

    @property
    def decay(self):
        """Of weights, not of biases, and not through the gradient."""
        return self.weight_decay or (DECAY if self.optimizer == "adamw" else 0.0)

    @property
    def layer_rates(self):
        """What each layer's learning rate is multiplied by; () if they are the same."""
        return tuple(self.layer_ratio**l for l in range(len(self.sizes) - 1) if self.layer_ratio)

    @property
    def rates(self):
        """The learning rate of each layer."""
        times = self.layer_rates or (1.0,) * (len(self.sizes) - 1)
        return [self.learning_rate * rate for rate in times]

    @property
    def of_optimizer(self):
        """What fastbp's optimizer does beside its rule, by name."""
        return {name: getattr(self, name) for name in OF_OPTIMIZERS if getattr(self, name)}

    def factors(self, steps):
        """What the schedule multiplies the rate by: one number for each of these steps."""
        half_wave = (1 + np.cos(np.pi * np.minimum(steps / self.steps, 1))) / 2
        return self.final_factor + (1 - self.final_factor) * half_wave

    def shares(self, steps):
        """What of the new weights goes into the average, which begins with the first ones."""
        return (1 - self.ema) / (1 - self.ema ** (steps + 1.0))


SQUARED, ENTROPY = "half_squared_error", "cross_entropy"
TABLE = (
    Workload("T1 xor", (2, 4, 1), "sigmoid", "sigmoid", SQUARED, 1, "sgd"),
    Workload("T2 nielsen", (784, 30, 10), "sigmoid", "sigmoid", SQUARED, 10, "sgd"),
    Workload("T3 digits", (64, 64, 10), "relu", "softmax", ENTROPY, 32, "sgd"),
    Workload("T4 smooth", (4, 32, 16, 4), "tanh", "identity", SQUARED, 64, "sgd"),
    Workload("T5 mnist", (784, 128, 10), "relu", "softmax", ENTROPY, 32, "adam", 0.001),
    Workload("T6 keras", (784, 512, 512, 10), "relu", "softmax", ENTROPY, 128, "sgd"),
    Workload("T7 large", (1024, 2048, 2048, 1024), "relu", "identity", SQUARED, 512, "sgd", 0.001),
    Workload("T8 deep", (16,) * 17, "tanh", "identity", SQUARED, 16, "sgd"),
)
NAMES = tuple(workload.name.split()[0] for workload in TABLE)
OUTPUTS = {SQUARED: "identity", ENTROPY: "softmax", "binary_cross_entropy": "sigmoid"}
RATES = {"sgd": 0.01, "adam": 0.001}


def named(names, refuse=None):
    """Those of the table that are named, or all; ``refuse`` is told of others, if there may be."""
    if unknown := set(names) - set(NAMES):
        refuse(f"unknown workloads: {', '.join(sorted(unknown))}; there are T1 to T8")
    return [
        workload for name, workload in zip(NAMES, TABLE, strict=True) if name in (names or NAMES)
    ]


def drawn(count, seed):
    """Shapes that nobody tuned for: 2 to 11 layers, widths 3 to 1,500, batches 1 to 1,000.

    Through one or two relu nodes rounding can decide whether anything is learnt at all, and then
    no two right peers agree.
    """
    rng = np.random.default_rng(seed)

    def integer(high):
        return int(np.exp(rng.uniform(0, np.log(high + 1))))

    def pick(names):
        return names[rng.integers(len(names))]

    workloads = []
    while len(workloads) < count:
        loss = pick([SQUARED, ENTROPY])
        sizes = tuple(max(3, integer(1500)) for _ in range(1 + integer(10)))
        sizes += (max(integer(300), 3 if loss == ENTROPY else 1),)
        optimizer = pick(["sgd", "adam"])
        activation, batch = pick(["relu", "tanh", "sigmoid"]), integer(1000)
        name, formulas = f"R{len(workloads) + 1}", (activation, OUTPUTS[loss], loss)
        workload = Workload(name, sizes, *formulas, batch, optimizer, 0.001)
        if workload.flops < 2e9:  # a step of at most some 20 ms
            workloads.append(workload)
    return workloads
