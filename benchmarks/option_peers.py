"""PyTorch with the options of benchmarks/options.py."""
# ruff: noqa: D102 - the methods are documented in Peer

from collections import defaultdict
from itertools import chain, count, repeat

import numpy as np
from libraries import PyTorch


class PyTorchWithOptions(PyTorch):
    """Eager, with the modules and optimizers of torch.nn and torch.optim."""

    def __init__(self, workload, dtype, threads=1):
        super().__init__(workload, dtype, threads)
        if workload.weighted:
            weights = self._torch.from_numpy(workload.sample_weights(dtype))
            self._samples = *self._samples, weights
            self._gathered = [self._torch.empty_like(of) for of in self._samples]
            batches = (of.split(workload.batch) for of in self._gathered)
            self._batches = [(x, (y, w)) for x, y, w in zip(*batches, strict=True)]
        self._options = {}
        if workload.label_smoothing:
            self._options["label_smoothing"] = workload.label_smoothing
        if workload.class_weighted:
            self._options["weight"] = self._torch.from_numpy(workload.class_weights(dtype))

    def activations(self):
        nn = self._torch.nn
        return super().activations() | {"gelu": nn.GELU, "silu": nn.SiLU, "mish": nn.Mish}

    def start(self):
        super().start()
        nn, rate = self._torch.nn, self.workload.dropout
        if rate:
            parts = []
            for part in self._model:
                dropped = not hasattr(part, "weight")
                parts += [part, nn.Dropout(rate)] if dropped else [part]
            self._model = nn.Sequential(*parts)

    def optimizer(self, parameters):
        """One parameter group for each rate and decay: a single one, where they are the same."""
        optim, workload = self._torch.optim, self.workload
        layers = [part for part in self._model if hasattr(part, "weight")]
        groups = defaultdict(list)
        for layer, rate in zip(layers, workload.rates, strict=True):
            groups[rate, workload.decay].append(layer.weight)
            groups[rate, 0.0].append(layer.bias)
        groups = [
            {"params": list(group), "lr": rate, "weight_decay": decay}
            for (rate, decay), group in groups.items()
        ]
        rule, how = {
            "sgd": (optim.SGD, {"fused": True}),  # whose L2 gradient is a decay
            "adam": (optim.AdamW if workload.decay else optim.Adam, {"fused": True}),
            "rmsprop": (optim.RMSprop, {"foreach": True}),  # there is none that is fused
        }[workload.rule]
        self._rates = [group["lr"] for group in groups]
        self._start_options([layer.weight for layer in layers])
        return rule(groups, **how)

    def _start_options(self, weights):
        """Find what a step does before and after the rule, by torch's fastest ways."""
        torch, workload = self._torch, self.workload
        clip, parameters = torch.nn.utils, list(self._model.parameters())
        shares, factors = map(workload.shares, count()), iter(())
        if workload.final_factor:
            first_ones = workload.factors(np.arange(workload.steps)).tolist()
            factors = chain(first_ones, repeat(workload.final_factor))
        average = self._average = [torch.zeros_like(p) for p in parameters]

        def add_l1(l1):
            gradients = [w.grad for w in weights]
            torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=l1)

        def set_rates(_):
            factor = next(factors)
            for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
                group["lr"] = rate * factor

        before = {
            # Divides by the norm + 1e-6: far less than the roundings of float32 come to.
            "clip_norm": lambda bound: clip.clip_grad_norm_(parameters, bound, foreach=True),
            "clip_value": lambda bound: clip.clip_grad_value_(parameters, bound, foreach=True),
            "l1": torch.no_grad()(add_l1),
            "final_factor": set_rates,
        }
        after = {
            "ema": torch.no_grad()(
                lambda _: torch._foreach_lerp_(average, parameters, next(shares))
            )
        }

        def given(options):
            values = {name: getattr(workload, name) for name in options}
            return [(options[name], value) for name, value in values.items() if value]

        self._before, self._after = given(before), given(after)

    def _step(self, x, y):
        self._optimizer.zero_grad()
        self._loss(self._model(x), y).backward()
        for change, value in self._before:
            change(value)
        self._optimizer.step()
        for change, value in self._after:
            change(value)

    def layers(self):
        if not self.workload.ema:
            return super().layers()
        average = [p.numpy() for p in self._average]
        return list(zip(average[::2], average[1::2], strict=True))

    def _loss(self, z, y):
        if self.workload.own_loss:
            return -z.softmax(dim=1).gather(1, y[:, None]).log().mean()
        if self._options:
            return self._torch.nn.functional.cross_entropy(z, y, **self._options)
        if not self.workload.weighted:
            return super()._loss(z, y)
        y, w = y
        losses = self._torch.nn.functional.cross_entropy(z, y, reduction="none")
        return (losses * w).sum() / w.sum()
