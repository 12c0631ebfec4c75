from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from fastbp.inputs import Rows
from fastbp.model.target_rules import TargetRules
from fastbp.model.training_plan import TrainingData, TrainingPlan, TrainingProgress, TrainingState

ACTIVATION_IDS: dict[str, int]
LOSS_IDS: dict[str, int]
COUNT_IDS: dict[str, int]
RULE_IDS: dict[str, int]
RULE_NUMBERS: tuple[frozenset[str], ...]
FINISHED: int
BAD_X: int
BAD_Y: int
BAD_C: int
BAD_W: int
UNFINISHED: int
MOST_THREADS: int
LINGER: float

def use_one_core(seconds: float) -> None: ...

ROWS_PER_CHUNK: int
WORK_OF_A_NODE: int
LINE_BYTES: int
NORM_BLOCK_SIZE: int
CHECKED: bool
PATHS: dict[str, int]

Array = np.ndarray[Any, Any]

LEAST_IN_HUGE_PAGES: int

def leading_dimension(n: int, itemsize: int) -> int: ...
def zeroed(nbytes: int) -> Array: ...
def replace_all(
    pairs: list[tuple[Array, Array]], attributes: list[tuple[object, str, Any]] | None = None
) -> None: ...
def barrier_seconds(threads: int, count: int = 1000) -> float: ...
def fma_peak(capsule: object, seconds: float = 0.05) -> float: ...

class Restorable(Protocol):
    def take(self) -> None: ...
    def settle(self, error: BaseException | None) -> None: ...

class ExclusiveLock:
    def claim(self, what: str, snapshot: Restorable | None = None) -> Claim: ...
    @property
    def claim_number(self) -> int: ...

class Claim:
    def __enter__(self) -> None: ...
    def __exit__(self, kind: object, error: object, traceback: object) -> None: ...

class FairRLock:
    def hold(self) -> Hold: ...

class Hold:
    def __enter__(self) -> None: ...
    def __exit__(self, kind: object, error: object, traceback: object) -> None: ...

class _Callback(Protocol):
    def forward(self, z: Array, a: Array) -> None: ...
    def backward(self, z: Array, delta: Array) -> None: ...

class _OwnLoss(Protocol):
    def __call__(self, a: Array, y: Array, delta: Array | None, C_0: Array) -> None: ...

class Program:
    def __init__(
        self,
        capsule: object,
        storage: Array,
        layers: list[tuple[int, int, int, int, int, int, tuple[float, ...], float]],
        loss: tuple[int, tuple[float, ...]],
        callbacks: Sequence[_Callback | _OwnLoss | None] | None,
        rows_of_one: tuple[int, int],
    ) -> None: ...
    def run(
        self,
        plan: TrainingPlan,
        data: TrainingData,
        state: TrainingState,
        progress: TrainingProgress,
    ) -> int: ...
    def gradients(
        self,
        X: Rows,
        Y: Array,
        order: Array | None,
        gradient: Array | None,
        part: Array | None,
        check: bool = True,
        count: int = ...,
        weights: Array | None = None,
        parameters: Array | None = None,
        n_threads: int = 1,
        clip: float = 0.0,
    ) -> tuple[int, float, float, int]: ...
    def trace(
        self, X: Rows, Y: Array | None, gradient: Array | None
    ) -> tuple[float, list[Array], list[Array], list[Array]]: ...
    def predict(
        self, X: Rows, out: Array, n_threads: int = 1, parameters: Array | None = None
    ) -> int: ...
    def predict_fast(self, X: Any) -> Array | None: ...
    def predict_alone(self, X: Any) -> Array | None: ...

class OneSample:
    def __init__(
        self, program: Program, state: object, training_lock: ExclusiveLock, state_lock: FairRLock
    ) -> None: ...
    def ready(
        self,
        plan: TrainingPlan,
        changes: TrainingState,
        optimizer: object,
        learned: object,
        dropout_key: int,
        targets: TargetRules,
    ) -> None: ...
    def predict(self, x: Any) -> Array | None: ...
    def learn(self, x: Any, y: Any) -> float | None: ...

class LayerCalls:
    def __init__(self, program: Program) -> None: ...
    def forward(
        self, l: int, below: Array, z: Array, a: Array, slope: Array | None = None
    ) -> None: ...
    def drop(self, l: int, key: int, t: int, row: int, x: Array, y: Array) -> None: ...
    def output(self, z: Array, a: Array, y: Array, delta: Array, C_0: Array) -> None: ...
    def backward(self, l: int, delta: Array, dC_da: Array) -> None: ...
    def slope(self, l: int, a: Array, dC_da: Array, delta: Array) -> None: ...
    def accumulate(self, l: int, delta: Array, below: Array, gradient: Array) -> None: ...
