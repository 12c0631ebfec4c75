"""What ails a network on given samples: nodes, deltas, data and rates, each with what to try."""

from itertools import pairwise
from typing import Any

import numpy as np

from fastbp.checks.health_report import Diagnosis, LayerMeasures
from fastbp.checks.overflow import OVERFLOW, weights_not_finite
from fastbp.checks.rare_classes import rare_class_findings
from fastbp.checks.rate_trial import FEW_LOWER, HIGHER, LOWER, Trial, Trials
from fastbp.inputs import Array, Rows, SparseRows, Targets, check_finite, spread_rows
from fastbp.losses import Loss
from fastbp.model.model import Model
from fastbp.model.parameters import Parameters
from fastbp.operations import ActivationRow
from fastbp.training import failure_causes
from fastbp.training.constant_output import (
    Losses,
    WeightedTargets,
    best_constant,
    loss_of_outputs,
    weighted,
)
from fastbp.training.diagnosis import ENOUGH_STEPS, FEW_STEPS, SAFELY
from fastbp.training.findings import THRESHOLDS, Finding, name_nodes
from fastbp.training.samples import evaluated_samples

#: Rows that are looked at, all over the samples; the targets' shares are of all.
_ROWS = 512
(
    _MANY_FAILED, _MANY, _FLAT_ROWS, _LEARNT, _VANISHING, _EXPLODING, _GAIN, _NOISE, _LOSS,
    _OVERSHOT, _SHORT, _LONG,
) = (
    THRESHOLDS[name].value
    for name in (
        "flat_share", "flat_share_healthy", "flat_rows", "learnt", "vanishing", "exploding",
        "rate_gain", "rate_noise", "rate_loss", "overshot", "update_ratio",
        "long_update",
    )
)  # fmt: skip
_SATURATED = (
    f"saturated (abs(g') is below {THRESHOLDS['flat_slope'].value:g} on {_FLAT_ROWS:.0%} of the "
    f"rows looked at, or more)"
)
#: Of slopes, as sigmoid's 1/4: deltas that shrink by them, and not by small weights.
_SMALL_SLOPE = 0.5


def _is_flat_on_one_side(row: ActivationRow | None) -> bool:
    """Whether g is flat below some z and never above, as relu: to be 0 on most rows is no fault."""
    return row is not None and row.limits[1] == np.inf


def diagnose(model: Model, X: Any, y: Any) -> Diagnosis:
    """Look at a network; see :meth:`fastbp.Network.diagnose`."""
    rows, targets, _ = evaluated_samples(model, X, y, infer_kind=True)
    if not isinstance(rows, SparseRows):
        check_finite(rows, "X", "Drop such rows")
    if targets.array.dtype.kind == "f":
        check_finite(targets.array, "y", "Drop such rows")
    return _Look(model.copy(), rows, targets).diagnosis()


class _Look:
    """A copy of a model, and a pass through it."""

    def __init__(self, model: Model, X: Rows, y: Targets) -> None:
        self.model, self.X, self.y = model, X, y
        self.architecture = model.architecture
        n_L = self.architecture.sizes[-1]
        self.rows = np.arange(len(X)) if len(X) <= _ROWS else spread_rows(len(X), _ROWS)
        some = X[self.rows]
        self.some_X: Array = some.toarray() if isinstance(some, SparseRows) else np.asarray(some)
        some_y = y.array[self.rows]
        self.some_y = np.eye(n_L)[some_y] if some_y.ndim == 1 else some_y.astype(np.float64)
        gradient = Parameters(model.layout, True)
        with np.errstate(all="ignore"):
            C, self.z, self.a, self.delta = model.program.trace(self.some_X, some_y, gradient.flat)
        self.C = C / len(self.rows)
        self.targets: WeightedTargets = weighted(some_y, n_L)
        self.losses = Losses(self.C, np.nan, np.nan)
        if not isinstance(self.architecture.loss, Loss):
            loss = self.architecture.named_loss
            constant = best_constant(loss, self.targets)
            self.losses = Losses(
                self.C,
                loss_of_outputs(loss, self.targets, constant),
                loss_of_outputs(loss, self.targets, self.targets.y),
            )
        share = self.losses.share if self.losses.constant > self.losses.least else np.nan
        is_over = np.isfinite(self.losses.constant) and not np.isfinite(self.C)
        self.share = np.inf if is_over else share
        self.is_trained = model.state.steps >= ENOUGH_STEPS
        self.has_failed = self.is_trained and not self.share < SAFELY
        formulas, rows = self.architecture.formulas, self.architecture.rows
        self.dead, self.saturated = [], []
        for g, row, z, a in zip(formulas, rows, self.z, self.a[1:], strict=True):
            by_node = row is None or row.by_node
            flat = failure_causes.flat_shares(g, z) if by_node else np.zeros(z.shape[1])
            is_zero = (a == 0).all(axis=0)
            self.dead.append(np.flatnonzero((flat == 1) & is_zero))
            lies_flat = flat >= (1 if _is_flat_on_one_side(row) else _FLAT_ROWS)
            self.saturated.append(np.flatnonzero(lies_flat & ~is_zero))
        self.sizes = [float(np.sqrt(np.mean(np.square(d, dtype=np.float64)))) for d in self.delta]

    def diagnosis(self) -> Diagnosis:
        """All findings, the data's first."""
        with np.errstate(all="ignore"):
            if findings := weights_not_finite(self.model.state.parameters):
                return self._result(findings, ())
            data = self.data_findings()
            scale = [finding for finding in data if finding.kind == "unscaled_inputs"]
            findings = data
            if not self.share < _LEARNT and "equal_rows" not in [f.kind for f in data]:
                findings = findings + self.node_findings(scale)
            of_rates = {"dead_nodes", "saturated_nodes"}  # which may come of a rate too high
            others = any(finding.kind not in of_rates for finding in findings)
            own, rates = self.rate_findings(others, bool(findings))
            if not (findings or rates or self.share < _LEARNT):
                findings = self.delta_findings()
            if not np.isfinite(self.C) and not findings + rates:
                findings = [OVERFLOW]
        return self._result(findings + rates, own.ratios if own else ())

    def _result(self, findings: list[Finding], ratios: tuple[float, ...]) -> Diagnosis:
        layers = enumerate(zip(self.dead, self.saturated, strict=True), start=1)
        return Diagnosis(
            self.architecture.sizes,
            tuple(findings),
            tuple(
                LayerMeasures(
                    l,
                    self.architecture.labels[l - 1],
                    len(dead),
                    len(saturated),
                    self.sizes[l - 1],
                    ratios[l - 1] if ratios else np.nan,
                )
                for l, (dead, saturated) in layers
            ),
            float(self.share),
        )

    # ---------------------------------------------------------------- data

    def data_findings(self) -> list[Finding]:
        """Of X and y, and how they go with the output layer."""
        model, is_sparse = self.model, isinstance(self.X, SparseRows)
        names = model.state.learned.feature_names
        X = np.asarray(self.some_X, np.float64)
        findings = failure_causes.equal_row_causes(X)
        has_learnt = self.share < _LEARNT
        if not (findings or has_learnt):
            findings = failure_causes.input_causes(X, names, is_sparse)
        if not isinstance(self.architecture.loss, Loss):
            constant = self.losses.constant
            if outside := failure_causes.targets_outside(model, self.targets, constant):
                findings.append(outside)
            elif not has_learnt:
                findings += failure_causes.target_causes(
                    model, self.y.kind, self.targets, self.C, constant
                )
        return findings + rare_class_findings(model, self.X, self.y)

    # ---------------------------------------------------------------- nodes and deltas

    def node_findings(self, scale: list[Finding]) -> list[Finding]:
        """Dead and saturated nodes, and nodes that are all alike."""
        if findings := failure_causes.weight_causes(self.model, 0.0):
            return findings  # which are dead together, or alive
        L, is_sparse = len(self.z), isinstance(self.X, SparseRows)
        rows = None if is_sparse else np.asarray(self.some_X, np.float64)
        for l, kinds in enumerate(zip(self.dead, self.saturated, strict=True), start=1):
            for nodes, dead in zip(kinds, (True, False), strict=True):
                if l == L:
                    nodes = self._useless(nodes)
                    is_many = len(nodes) > 0
                else:
                    share = len(nodes) / self.z[l - 1].shape[1]
                    is_many = share >= (_MANY_FAILED if self.has_failed else _MANY)
                if is_many:
                    finding = failure_causes.node_finding(
                        self.model, l, nodes, dead, scale, rows, _SATURATED
                    )
                    text = f"{finding.text}: {name_nodes(nodes.tolist())}"
                    findings.append(finding._replace(text=text))
        return findings

    def _useless(self, nodes: Array) -> Array:
        """Of flat outputs those that are no better than the mean of their targets."""
        if not self.architecture.loss_row.chain_rule:
            return nodes[:0]
        off = np.sqrt(np.mean((self.a[-1] - self.some_y) ** 2, axis=0))
        spread = self.some_y.std(axis=0)
        return np.asarray(nodes[(off[nodes] >= spread[nodes]) & (spread[nodes] > 0)])

    def delta_findings(self) -> list[Finding]:
        """Deltas that shrink or grow from layer to layer."""
        L, sizes = len(self.z), self.sizes
        if L == 1 or not sizes[-1] > 0:
            return []
        ratio = sizes[0] / sizes[-1]
        if _VANISHING < ratio < _EXPLODING or not np.isfinite(ratio):
            return []
        # The layer by which they change most.
        steps = [sizes[l - 1] / sizes[l] for l in range(1, L)]
        vanish = not ratio >= _EXPLODING
        l = 1 + int(np.argmin(steps) if vanish else np.argmax(steps))
        text = (
            f"delta {'vanishes' if vanish else 'explodes'} on its way down: {sizes[0]:.2g} in "
            f"layer 1 is {ratio:.2g} times the {sizes[-1]:.2g} in layer {L}; most of it in layer "
            f"{l}, {steps[l - 1]:.2g} times that above"
        )
        if vanish:
            slope = self.architecture.formulas[l - 1].derivative(self.z[l - 1])
            is_flat = float(np.sqrt(np.mean(slope**2))) < _SMALL_SLOPE
            remedy = (
                "a new network with activation='relu', or fewer layers"
                if is_flat
                else "a new network with initializer='auto', which keeps the size of deltas"
            )
        else:
            remedy = "a new network with initializer='auto', or optimizer=Adam(clip_norm=1.0)"
        kind = "vanishing_deltas" if vanish else "exploding_deltas"
        return [Finding(kind, text, remedy, l, value=float(ratio))]

    # ---------------------------------------------------------------- rates

    def rate_findings(
        self, has_other_causes: bool, has_flat_nodes: bool
    ) -> tuple[Trial | None, list[Finding]]:
        """A learning rate that another one beats clearly, and the trial of the present one."""
        trials = Trials(self.model, self.X, self.y, self.rows)
        if not trials.can_step:
            return None, []
        own = trials.run()
        if has_other_causes or not (self.share >= _LEARNT):
            return own, []
        share = self._share(own.C)
        has_begun = self.model.state.steps >= FEW_STEPS
        is_ill = has_begun and (has_flat_nodes or not self.share < SAFELY)
        if is_ill or self.share > _OVERSHOT:  # perhaps by its rate, which is tried from the start
            fresh = trials.fresh()
            if findings := self._too_high(fresh, fresh.run(), self.is_trained):
                return own, findings
        rises, falls = share > self.share + _GAIN, share <= self.share - _LOSS
        findings = []
        if rises or not (falls or self.is_trained):
            findings = self._too_high(trials, own, rises)
        if not (findings or rises or falls):
            findings = self._too_low(trials, own)
        return own, findings

    def _share(self, C: float) -> float:
        return self.losses._replace(C=C).share

    def _too_high(self, trials: Trials, own: Trial, is_sure: bool) -> list[Finding]:
        """Whether a lower rate does better than the network's own from the same weights.

        It has to do far better where it is not sure that there is a fault, as early in a training.
        """
        best = own
        for tried, trial in enumerate(map(trials.run, LOWER), start=1):
            best = min(best, trial, key=lambda trial: trial.C)
            if tried >= FEW_LOWER and np.isfinite(best.C):
                break
        left = self._share(best.C)
        # Around a constant's loss steps of a good rate come to some tenths by noise.
        gain = _GAIN if is_sure and left < 1 - _GAIN else _NOISE
        enough = self._share(own.C) - gain
        return [self._rate_finding("high", own, best)] if left < enough else []

    def _too_low(self, trials: Trials, own: Trial) -> list[Finding]:
        """Whether steps are short for the weights' size, and far higher rates do better."""
        if max(own.ratios, default=0.0) > _SHORT:
            return []
        enough = self._share(own.C) - _GAIN
        # Two of them in turn: of many rates, one may do well by chance.
        for trial, following in pairwise(map(trials.run, HIGHER)):
            if max(trial.ratios, default=np.inf) > _LONG:
                break
            if max(self._share(trial.C), self._share(following.C)) < enough:
                return [self._rate_finding("low", own, trial)]
        return []

    def _rate_finding(self, word: str, own: Trial, other: Trial) -> Finding:
        """A finding on the network's rate; ``own`` and ``other`` began from the same weights."""
        pick = np.argmax if word == "high" else np.argmin
        l = 1 + int(pick(own.ratios)) if own.ratios else None
        ratio = own.ratios[l - 1] if l else np.nan
        text = (
            f"learning_rate={own.rate:g} is too {word}: trial steps with it leave "
            f"{self._share(own.C):.3g} of a constant output's loss, with {other.rate:.3g} "
            f"{self._share(other.C):.3g}"
        )
        if l and np.isfinite(ratio):
            text += f". A step changes the weights of layer {l} by {ratio:.2g} of their size"
        remedy = f"learning_rate={other.rate:.3g}"
        if word == "high":
            remedy += ", with a new network"
        return Finding(f"rate_too_{word}", text, remedy, l, value=ratio)
