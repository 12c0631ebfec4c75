"""Checks for causes of failed training, each with a remedy."""

from collections.abc import Sequence

import numpy as np

from fastbp.activations import Activation
from fastbp.inputs import Array
from fastbp.model.model import Model
from fastbp.operations import ACTIVATIONS, RECTIFIERS
from fastbp.training.constant_output import WeightedTargets, loss_of_outputs
from fastbp.training.findings import THRESHOLDS, Finding

_FAR, _LARGE, _SMALL, _FLAT, _MANY, _OUTSIDE, _FADED, _OVERSHOT, _SMALL_Y, _OUT_OF_REACH = (
    THRESHOLDS[name].value
    for name in (
        "column_range", "large", "small", "flat_slope", "flat_share", "outside_cost", "faded",
        "overshot", "small_targets", "out_of_reach",
    )
)  # fmt: skip
_NAMED = 4
#: What keeps relu nodes alive, in a hidden layer and in the last one.
_ALIVE = (
    f"activation={next(g for g in RECTIFIERS if ACTIVATIONS[g].limits[0] == -np.inf)!r}",
    "output_activation='identity'",
)

_SCALE_X = (
    "scale the columns, X = (X - m) / s with m = X.mean(axis=0) and s = X.std(axis=0) (1 where "
    "that is 0), the X of predictions by the same m and s, and train a new network"
)
_CENTRE_X = (
    "train a new network with centred columns, X - m with m = X.mean(axis=0), and the X of "
    "predictions by the same m,"
)
_SCALE_SPARSE_X = (
    "divide the columns by s = abs(X).max(axis=0).toarray().ravel() (1 where that is 0), X = X @ "
    "scipy.sparse.diags(1 / s), the X of predictions by the same s, and train a new network"
)
#: For nodes that are flat before the first step.
_DRAW = "a new network with initializer='auto', which keeps z near 1"
_SCALE_Y = (
    "scale the targets, y = (y - m) / s with m = y.mean(axis=0) and s = y.std(axis=0) (1 where "
    "that is 0), take predictions back by s * a + m, and train a new network"
)
_DIVIDE_Y = (
    "divide the targets by their mean, y = y / m, take predictions back by m * a, and train a new "
    "network"
)


def targets_outside(model: Model, targets: WeightedTargets, constant: float) -> Finding | None:
    """Targets that no output can reach, where that costs a good part of a constant's loss."""
    row, loss = model.architecture.rows[-1], model.architecture.named_loss
    low, high = row.limits if row else (-np.inf, np.inf)
    lowest, highest = model.architecture.loss_row.target_limits
    if low <= lowest and highest <= high:
        return None  # the targets have been checked
    y = targets.y.astype(np.float64)
    nearest = np.clip(y, low, high)
    excess = y - nearest
    if not excess.any() or loss_of_outputs(loss, targets, nearest) <= _OUTSIDE * constant:
        return None
    share = np.count_nonzero(excess) / excess.size
    interval = f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} and more"
    return Finding(
        "targets_outside",
        f"{share:.0%} of the targets looked at lie outside the range of "
        f"{model.architecture.labels[-1]} outputs, "
        f"{interval}: they run from {y.min():.4g} to {y.max():.4g}",
        "scale y into that range, or build the network with output_activation='identity' and "
        "scale y where it is far from 0; take predictions back likewise",
        len(model.architecture.sizes) - 1,
        value=share,
    )


def input_causes(X: Array, names: Sequence[str] | None, is_sparse: bool = False) -> list[Finding]:
    """Columns whose range is far from the others', or all of them far from 1.

    ``is_sparse``: whether the X of the fit is, from which no mean should be taken.
    """
    remedy = _SCALE_SPARSE_X if is_sparse else _SCALE_X
    largest = np.abs(X).max(axis=0)
    nonzero = np.sort(largest[largest > 0])
    typical = nonzero[(len(nonzero) - 1) // 2] if len(nonzero) else 1.0
    wide = np.flatnonzero(largest > _FAR * typical)
    if len(wide):
        wide = wide[np.argsort(-largest[wide], kind="stable")]
        ranges = ", ".join(
            f"{_column(k, names)} ({X[:, k].min():.4g} to {X[:, k].max():.4g})"
            for k in wide[:_NAMED].tolist()
        )
        suffix = f" and {len(wide) - _NAMED} more" * (len(wide) > _NAMED)
        text = (
            f"Columns of X differ widely in range: {ranges}{suffix} against at most "
            f"{typical:.4g} in a typical one"
        )
        value = float(largest[wide[0]] / typical)
        return [Finding("unscaled_inputs", text, remedy, None, tuple(wide.tolist()), value)]
    if _SMALL < typical <= _LARGE:
        return []
    size = "large" if typical > 1 else "small"
    text = f"The numbers in X are {size}, up to {largest.max():.4g}"
    return [Finding("unscaled_inputs", text, remedy, value=float(typical))]


def equal_row_causes(X: Array) -> list[Finding]:
    """Samples that are all equal."""
    if len(X) > 1 and not np.ptp(X, axis=0).any():
        text = "The rows of X looked at are all the same"
        return [Finding("equal_rows", text, "look at how X was made")]
    return []


def flat_shares(g: Activation, z: Array) -> Array:
    """On what share of the rows each node of a layer has a slope near 0."""
    with np.errstate(all="ignore"):
        slope = g.derivative(z)
    return np.asarray(np.mean(np.abs(slope) < _FLAT, axis=0))


def node_finding(
    model: Model,
    l: int,
    nodes: Array,
    dead: bool,
    scale_causes: Sequence[Finding],
    X: Array | None,
    saturated: str = "saturated (the same for every row looked at)",
) -> Finding:
    """Flat nodes of layer l; where the inputs are a cause, the remedy is theirs.

    ``X``: the rows looked at, None if they are sparse.
    """
    architecture = model.architecture
    L, n_l = len(architecture.sizes) - 1, architecture.sizes[l]
    state = "dead (0 for every row looked at)" if dead else saturated
    text = (
        f"{len(nodes)} of {n_l} {architecture.labels[l - 1]} nodes of layer {l} are {state} and "
        f"learn no more"
    )
    remedy = "train a new network with a smaller learning_rate" if model.state.steps else _DRAW
    if dead:
        if l == 1 and X is not None and _are_pushed_down(model, nodes, X):
            text += ", as no product of their weights and these inputs is above 0"
            remedy = _CENTRE_X
        remedy += f" or {_ALIVE[l == L]}"
    return Finding(
        "dead_nodes" if dead else "saturated_nodes",
        text,
        scale_causes[0].remedy if scale_causes else remedy,
        l,
        tuple(nodes.tolist()),
        len(nodes) / n_l,
    )


def _are_pushed_down(model: Model, nodes: Array, X: Array) -> bool:
    """Whether most of these nodes of layer 1 have no w_jk x_k above 0 on any row.

    Of inputs that are all 0 or more, as one in two nodes has with one input, and one in four with
    two. Around 0 the same weights give both signs.
    """
    w, b = model.state.parameters.weights[0][nodes], model.state.parameters.biases[0]
    are_down = (np.maximum(w * X.max(axis=0), w * X.min(axis=0)) <= 0).all(axis=1)
    if b.size:  # one that is far below 0 is a cause by itself
        are_down &= b[nodes] >= -np.abs(w).sum(axis=1)
    return bool(are_down.mean() >= 1 / 2)


def node_causes(
    model: Model, X: Array, scale_causes: list[Finding], is_sparse: bool = False
) -> list[Finding]:
    """Layers whose nodes give the same for all rows, and so get no gradient.

    Where the inputs are a cause, the remedy is theirs.
    """
    result: list[Finding] = []
    _, z, a, _ = model.program.trace(X, None, None)
    architecture, L = model.architecture, len(z)
    layers = range(1, L + architecture.loss_row.chain_rule)
    for l in layers:
        nodes = np.flatnonzero(flat_shares(architecture.formulas[l - 1], z[l - 1]) == 1)
        if len(nodes) >= max(1, _MANY * architecture.sizes[l]):
            is_dead = bool((a[l][:, nodes] == 0).all())
            rows = None if is_sparse else X
            result.append(node_finding(model, l, nodes, is_dead, scale_causes, rows))
    return result


def weight_causes(model: Model, l2: float) -> list[Finding]:
    """Hidden nodes with equal weights, and weights that a penalty keeps near 0."""
    for l, w in enumerate(model.state.parameters.weights[:-1], start=1):
        if len(w) > 1 and (w == w[0]).all():
            text = f"All nodes of layer {l} have the same weights, and so learn the same"
            remedy = "build the network with initializer='auto', which draws them"
            return [Finding("equal_nodes", text, remedy, l, tuple(range(len(w))))]
    if l2 == 0:
        return []
    faded = [
        l
        for l, w in enumerate(model.state.parameters.weights, start=1)
        if float((w * w).sum()) < _FADED**2 * len(w)
    ]
    if not faded:
        return []
    layers = f"layer{'s' * (len(faded) > 1)} {', '.join(map(str, faded))}"
    text = f"l2={l2:g} holds the weights of {layers} near 0"
    return [Finding("large_penalty", text, "train with a smaller l2", faded[0], value=l2)]


def target_causes(
    model: Model, kind: str | None, targets: WeightedTargets, C: float, constant: float
) -> list[Finding]:
    """Targets so large or small that the output's weights take many steps to get there."""
    # The root mean square of the largest output's.
    size = float(np.sqrt(np.max(targets.mean(np.square))))
    is_small = size < _SMALL_Y and 2 * constant < C  # else the outputs are as small already
    if kind != "numbers" or not (is_small or size > _LARGE):
        return []
    remedy = _SCALE_Y if model.architecture.loss_row.target_limits[0] < 0 else _DIVIDE_Y
    text = f"The targets are {'small' if is_small else 'large'}, some {size:.3g}"
    return [Finding("unscaled_targets", text, remedy, value=size)]


def bias_causes(model: Model, C: float, constant: float) -> list[Finding]:
    """A constant out of reach, where nothing learns what to answer to inputs of 0."""
    if model.architecture.bias is True or _OUT_OF_REACH * constant > C:
        return []
    return [Finding("no_biases", "The network learns no biases", "build it with bias=True")]


def step_causes(model: Model, C: float, targets: WeightedTargets) -> list[Finding]:
    """Steps that lead away: C is far above where it began, at outputs of about g(0)."""
    architecture, loss = model.architecture, model.architecture.named_loss
    if architecture.rows[-1] is None:
        return []
    first = architecture.formulas[-1].g(np.zeros((1, architecture.sizes[-1])))[0]
    # The first outputs vary by about 1; those of a loss that is computed from z have their limits.
    deviations = (-1, 1) if architecture.loss_row.chain_rule else (0,)
    begin = float(np.mean([loss_of_outputs(loss, targets, first + d) for d in deviations]))
    if _OVERSHOT * begin > C:
        return []
    text = f"The steps were too long: C is far above the {begin:.4g} or so that first weights get"
    remedy = "train a new network with a smaller learning_rate"
    return [Finding("rate_too_high", text, remedy, value=C / begin)]


def _column(k: int, names: Sequence[str] | None) -> str:
    return f"column {k}" if names is None else f"column {names[k]!r}"
