"""What benchmarks/options.py trains: a workload, and what a step of it does besides."""

from dataclasses import dataclass

import numpy as np
from workloads import Workload

DECAY = 0.01  # AdamW's, where no other is given
OF_OPTIMIZERS = ("weight_decay", "clip_norm", "clip_value", "layer_rates", "ema")


@dataclass(frozen=True)
class WithOptions(Workload):
    """A workload with dropout, weights, smoothed targets and so on; 0 and () are none."""

    dropout: float = 0.0
    weighted: bool = False
    metrics: tuple[str, ...] = ()
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
