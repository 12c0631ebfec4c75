"""NumPy and other libraries: rungs of the ladder, which train workloads."""
# ruff: noqa: D101, D102 - the classes are their rungs, the methods are documented in Peer

from dataclasses import dataclass, replace
from itertools import count as numbers_from

from peers import Fastbp, Peer
from workloads import Workload

from fastbp.bench.custom_rungs import load_factory
from fastbp.bench.problems import Problem
from fastbp.bench.rung import Orders


@dataclass(frozen=True)
class WorkloadProblem(Problem):
    """A workload as rungs have it; those with options look at the workload itself."""

    workload: Workload | None = None

    @classmethod
    def of(cls, workload):
        """The problem of a workload."""
        names = workload.activation, workload.output, workload.loss
        numbers = workload.batch, workload.learning_rate
        return cls(workload.sizes, *names, *numbers, workload.rule, workload)


class OfRung(Peer):
    """A rung. A turn goes on from where the last one ended; its orders are drawn within the time.

    To start anew in each turn would be to allocate and to compile anew.
    """

    path: str  # of its class, which the process imports

    def __init__(self, workload, dtype, threads=1):
        super().__init__(workload, dtype, threads)
        weights, biases = zip(*workload.first_layers(dtype), strict=True)
        self._first, self._seeds = (list(weights), list(biases)), numbers_from(2)
        make = load_factory(self.path)
        self._rung = make(WorkloadProblem.of(workload), dtype, threads, *self._first)

    def start(self):
        self._rung.start(*self._first)

    def train(self, orders):
        self._rung.train(self.X, self.Y, orders)
        self._rung.finish()

    def epochs(self, count):
        self.train(Orders(len(self.X), epochs=count, seed=next(self._seeds)))

    def layers(self):
        numbers = self._rung.read()
        return list(zip(numbers.w, numbers.b, strict=True))

    def predictor(self, x):
        return self._rung.predictor(x)


class NumPy(OfRung):
    path = "fastbp.bench.rungs.numpy_out:NumPyOut"


class ScikitLearn(OfRung):
    needs, path = "sklearn", "fastbp.bench.rungs.with_scikit_learn:ScikitLearn"

    @staticmethod
    def nearest(workload):
        """Sigmoid and softmax outputs go with cross-entropies only, and two classes with one.

        Its Adam adds eps to the root before the bias correction (end of the paper's section 2).
        """
        n_L, output = workload.sizes[-1], workload.output
        if workload.optimizer == "adam":
            workload = replace(workload, optimizer="adam_hat")
        if output == "identity":
            return workload
        if output not in ("sigmoid", "softmax") or n_L == 2:
            return None
        if n_L == 1:
            return replace(workload, output="sigmoid", loss="binary_cross_entropy")
        return replace(workload, output="softmax", loss="cross_entropy")


class PyTorch(OfRung):
    needs, path = "torch", "fastbp.bench.rungs.with_torch:PyTorch"


class CompiledPyTorch(OfRung):
    needs, path = "torch", "torch_rungs:Compiled"
    may_fail = True  # it needs a C++ compiler, and takes the newest Pythons late


class PyTorchWithOptions(OfRung):
    needs, path = "torch", "torch_rungs:WithOptions"


class Jax(OfRung):
    needs, path = "jax", "fastbp.bench.rungs.with_jax:Jax"


class JaxWithOptions(OfRung):
    needs, path = "jax", "jax_rungs:WithOptions"


PEERS = {
    "fastbp": Fastbp,
    "NumPy": NumPy,
    "sklearn": ScikitLearn,
    "PyTorch": PyTorch,
    "torch.compile": CompiledPyTorch,
    "JAX": Jax,
}
