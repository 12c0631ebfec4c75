"""A receipt: one training step in the form that the npm package backprop-trace verifies.

The package computes the step once more, in JavaScript, and compares: a check of the compiled loops
by a program that shares nothing with them. Its nodes and weights have names. Its signals, gradients
and updates point down: they are -delta, -dC_0/dw and -learning_rate dC_0/dw. docs/trace.md says how
it is called.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.inputs import Array
from fastbp.model.step_trace import Moment, StepTrace
from fastbp.model.trace import Trace
from fastbp.version import __version__

#: What verifies a receipt; the nightly tests run this version.
VERIFIER = "@mcptoolshop/backprop-trace@1.0.0"

#: The verifier's engine has one hidden layer, and its schema these widths at most.
_LAYERS = 2
_WIDEST = 64

#: Activations, by the names that both use.
_HIDDEN = ("identity", "sigmoid", "relu")
_OUTPUT = (*_HIDDEN, "softmax")

#: The loss of softmax, by fastbp's name and by theirs, and that of the others, by both.
_OF_SOFTMAX = ("cross_entropy", "cross_entropy_softmax")
_OF_OTHERS = "half_squared_error"

#: Number type -> what two ways of rounding may differ by: the verifier's defaults for numbers of
#: its own, which are float64, and for those of PyTorch, which are float32.
_TOLERANCES = {
    "float64": {"atol": 1e-12, "rtol": 1e-9},
    "float32": {"atol": 1e-6, "rtol": 1e-4},
}


def receipt(step: StepTrace) -> dict[str, Any]:
    """The receipt of a step; see :meth:`StepTrace.receipt`."""
    for problem, expected in _problems(step):
        raise ValueError(f"a receipt cannot hold {problem}; expected {expected}")
    document = _Writer(step, step.after_pass()).document()
    try:
        _line(document)
    except ValueError:
        raise ValueError(
            "a receipt cannot hold infinity: a number of this step, or of the pass after it, is "
            "too large, or an a_j whose logarithm is the loss is rounded to 0; expected a smaller "
            "learning_rate, or other weights"
        ) from None
    return document


def receipt_line(step: StepTrace) -> str:
    """The receipt as the verifier reads it: JSON on one line."""
    return _line(receipt(step))


def _line(document: dict[str, Any]) -> str:
    return json.dumps(document, allow_nan=False) + "\n"


def _problems(step: StepTrace) -> Iterator[tuple[str, str]]:
    """What the format cannot express, and what it can."""
    shape = "-".join(map(str, step.sizes))
    if step.L != _LAYERS or max(step.sizes) > _WIDEST:
        yield (
            f"a network {shape}",
            f"one hidden layer, n_0-n_1-n_2, and at most {_WIDEST} nodes a layer",
        )
    if step.compute is not None:
        yield f"products in {step.compute}", "compute=None"
    for l, names, layer in ((1, _HIDDEN, "hidden"), (2, _OUTPUT, "output")):
        if step.activations[l] not in names:
            yield f"the {layer} activation {step.label(l)}", " or ".join(names)
    if step.loss != (loss := _OF_SOFTMAX[0] if _has_softmax(step) else _OF_OTHERS):
        yield f"the loss {step.loss_label} of {step.label(2)}", loss
    if step.kept is not None:
        yield "a step that drops nodes", "dropout=0"
    if not step.learning_rate > 0:
        yield "a step of rate 0", "learning_rate > 0"
    if not _is_plain(step):
        yield (
            f"a step of {step.optimizer!r}",
            "plain SGD(learning_rate), whose step is -learning_rate dC_0/dw",
        )


def _has_softmax(step: StepTrace) -> bool:
    return step.activations[-1] == "softmax"


def _is_plain(step: StepTrace) -> bool:
    """Whether each parameter moved by -learning_rate times its derivative, and nothing is kept."""
    parameters = [(step.before.w, step.dC_dw, step.after.w)]
    if step.bias is True:
        parameters.append((step.before.b, step.dC_db, step.after.b))
    return not step.optimizer.remembers and all(
        _moved(before[l], step.learning_rate * gradient[l], after[l])
        for before, gradient, after in parameters
        for l in range(1, step.L + 1)
    )


def _moved(before: Array, by: Array, after: Array) -> bool:
    """Whether after is before - by, but for a rounding of each and of their difference."""
    rounding = 2 * np.finfo(before.dtype).eps * (np.abs(before) + np.abs(by))
    return bool((np.abs(before - by - after) <= rounding).all())


@dataclass(frozen=True)
class _Writer:
    """The parts of one receipt."""

    step: StepTrace
    after: Trace

    def document(self) -> dict[str, Any]:
        """All of it, in the order of the schema."""
        step, dtype = self.step, self.step.w[1].dtype.name
        return {
            "schema_version": "0.4.0",
            "fixture": f"fastbp-{'-'.join(map(str, step.sizes))}-step-{step.step}",
            "step": step.step,
            # "External" makes the verifier run its own engine and compare, by its rule 14.
            "fixture_status": {
                "authoring_state": "external_imported",
                "verification_state": "pending_engine_reproduction",
                "canonical": False,
            },
            # Its closed list has three frameworks, and this for everything else.
            "source_framework": {
                "name": "hand_derived",
                "version": __version__,
                "extractor": {"name": "fastbp", "version": __version__},
            },
            "attestor": {
                "computed_by": {"kind": "framework", "identity": f"fastbp@{__version__}"},
                "verified_by": {"kind": "engine", "identity": VERIFIER},
                "differential_tolerance": _TOLERANCES[dtype],
            },
            "metadata": {"gradient_convention": "descent_direction", "dtype": dtype},
            "numeric_policy": {
                "number_encoding": "decimal",
                "precision_significant_digits": 9,
                "rounding": "round_half_to_even",
                "tolerance": _TOLERANCES[dtype],
            },
            "bias_policy": {
                "mode": "sgd" if step.bias is True else "constant",
                "updated_in_step": step.bias is True,
            },
            "topology": self._topology(),
            "learning_rate": step.learning_rate,
            "inputs": _by_name(self._units(0), step.a[0]),
            "targets": _by_name(self._units(2), step.y),
            "parameters_before": dict(self._parameters(step.before)),
            "forward": self._forward(step),
            "loss": self._loss(step),
            "backward": {
                "output_error_signals": dict(self._output_signals()),
                "hidden_error_signals": dict(self._hidden_signals()),
            },
            "updates": list(self._updates()),
            "parameters_after": dict(self._parameters(step.after)),
            "post_update_forward": {"status": "filled", **self._forward(self.after)},
            "post_update_loss": {"status": "filled", **self._loss(self.after)},
        }

    # ---------------------------------------------------------------- names

    def _units(self, l: int) -> list[str]:
        return [f"{'xho'[l]}{j}" for j in range(self.step.sizes[l])]

    def _weights(self) -> Iterator[tuple[str, int, int, int]]:
        """The name of w_jk^(l), and l, j, k."""
        for l in (1, 2):
            n_out, n_in = self.step.w[l].shape
            yield from ((f"w{l}_{j}_{k}", l, j, k) for j in range(n_out) for k in range(n_in))

    def _biases(self) -> Iterator[tuple[str, int, int]]:
        """The name of b_j^(l), and l, j."""
        for l in (1, 2):
            yield from ((f"b{l}_{j}", l, j) for j in range(self.step.sizes[l]))

    def _topology(self) -> dict[str, Any]:
        step = self.step
        units = [self._units(l) for l in range(3)]
        layers = ("input", "hidden", "output")
        parameters: list[dict[str, Any]] = [
            {
                "id": name,
                "role": f"{layers[l - 1]}_to_{layers[l]}_weight",
                "from_unit": units[l - 1][k],
                "to_unit": units[l][j],
            }
            for name, l, j, k in self._weights()
        ]
        parameters += (
            {"id": name, "role": f"{layers[l]}_bias", "applies_to_units": [units[l][j]]}
            for name, l, j in self._biases()
        )
        return {
            "layers": list(layers),
            **{f"{layer}_size": n for layer, n in zip(layers, step.sizes, strict=True)},
            "unit_order": dict(zip(layers, units, strict=True)),
            "parameter_order": [parameter["id"] for parameter in parameters],
            "parameters": parameters,
            "activation_hidden": step.activations[1],
            "activation_output": step.activations[2],
            "loss": _OF_SOFTMAX[1] if _has_softmax(step) else _OF_OTHERS,
            "bias_sharing": "per_neuron",
        }

    # ---------------------------------------------------------------- numbers

    def _parameters(self, moment: Moment) -> Iterator[tuple[str, float]]:
        for name, l, j, k in self._weights():
            yield name, float(moment.w[l][j, k])
        for name, l, j in self._biases():
            yield name, float(moment.b[l][j])

    def _forward(self, trace: Trace) -> dict[str, dict[str, float]]:
        return {
            unit: {"net": float(z), "out": float(a)}
            for l in (1, 2)
            for unit, z, a in zip(self._units(l), trace.z[l], trace.a[l], strict=True)
        }

    def _loss(self, trace: Trace) -> dict[str, Any]:
        a, y = (numbers.astype(np.float64) for numbers in (trace.a[2], trace.y))
        if _has_softmax(self.step):
            with np.errstate(all="ignore"):
                per_output = np.where(y == 0, 0.0, -y * np.log(a))
        else:
            per_output = (a - y) ** 2 / 2
        return {"per_output": _by_name(self._units(2), per_output), "total": trace.C_0}

    def _output_signals(self) -> Iterator[tuple[str, dict[str, Any]]]:
        step, units = self.step, self._units(2)
        softmax = _has_softmax(step)
        for j, unit in enumerate(units):
            if softmax:
                factors = [_factor("target_minus_probability", -step.delta[2][j])]
            else:
                factors = [
                    _factor("target_minus_output", -step.dC_da[2][j]),
                    _factor("activation_derivative", step.g_prime[2][j]),
                ]
            signal = _product(factors, -step.delta[2][j])
            yield unit, signal | ({"dual_form": self._dual_form(j)} if softmax else {})

    def _dual_form(self, j: int) -> dict[str, Any]:
        """The same through the derivatives of softmax: sum_i y_i (1 - a_j if i = j, else -a_j)."""
        units, y = self._units(2), self.step.y.astype(np.float64)
        slopes = np.eye(len(y))[j] - self.step.a[2][j].astype(np.float64)
        terms = [
            {
                "target_unit": unit,
                "factors": [
                    _factor("y_j", y[i], f"targets.{unit}"),
                    _factor("delta_ju_minus_p_u", slopes[i]),
                ],
                "term_value": float(y[i] * slopes[i]),
            }
            for i, unit in enumerate(units)
        ]
        return {
            "jacobian_terms": terms,
            "product_order": "left_to_right",
            "summation_order": units,
            "summed_value": -float(self.step.delta[2][j]),
        }

    def _hidden_signals(self) -> Iterator[tuple[str, dict[str, Any]]]:
        step, above = self.step, self._units(2)
        delta, w = (numbers.astype(np.float64) for numbers in (step.delta[2], step.w[2]))
        for k, unit in enumerate(self._units(1)):
            contributions = [
                {
                    "from": above[j],
                    "downstream_signal": -float(delta[j]),
                    "via_weight": f"w2_{j}_{k}",
                    "weight_value": float(w[j, k]),
                    "value": -float(delta[j] * w[j, k]),
                }
                for j in range(len(above))
            ]
            yield (
                unit,
                {
                    "downstream_contributions": contributions,
                    "summation_order": above,
                    "backpropagated_sum": -float(step.dC_da[1][k]),
                    "activation_derivative": float(step.g_prime[1][k]),
                    "product_order": "left_to_right",
                    "signal_value": -float(step.delta[1][k]),
                },
            )

    def _updates(self) -> Iterator[dict[str, Any]]:
        step, units = self.step, [self._units(l) for l in range(3)]
        for name, l, j, k in self._weights():
            below = f"inputs.{units[0][k]}" if l == 1 else f"forward.{units[1][k]}.out"
            yield {
                "parameter_id": name,
                "kind": "weight",
                "layer_edge": ("input_to_hidden", "hidden_to_output")[l - 1],
                "parameter_role": f"{units[l - 1][k]}_to_{units[l][j]}",
                "from_unit": units[l - 1][k],
                "to_unit": units[l][j],
                "weight_before": float(step.before.w[l][j, k]),
                "optimizer": self._optimizer(
                    l, j, _factor("upstream_activation", step.a[l - 1][k], below)
                ),
                **self._change(step.dC_dw[l][j, k], step.after.w[l][j, k]),
            }
        for name, l, j in self._biases() if step.bias is True else ():
            yield {
                "parameter_id": name,
                "kind": "bias",
                "layer_edge": "bias_to_layer",
                "parameter_role": ("hidden_bias", "output_bias")[l - 1],
                "from_unit": units[l][j],
                "to_unit": units[l][j],
                "weight_before": float(step.before.b[l][j]),
                "optimizer": self._optimizer(l, j),
                **self._change(step.dC_db[l][j], step.after.b[l][j]),
            }

    def _optimizer(self, l: int, j: int, *others: dict[str, Any]) -> dict[str, Any]:
        layer = ("hidden", "output")[l - 1]
        path = f"backward.{layer}_error_signals.{self._units(l)[j]}.signal_value"
        signal = _factor(f"{layer}_error_signal", -self.step.delta[l][j], path)
        return {
            "name": "sgd",
            "learning_rate": self.step.learning_rate,
            "factors": [signal, *others],
            "product_order": "left_to_right",
        }

    def _change(self, derivative: Any, after: Any) -> dict[str, float]:
        gradient = -float(derivative)
        return {
            "gradient": gradient,
            "update": self.step.learning_rate * gradient,
            "weight_after": float(after),
        }


def _by_name(names: list[str], values: Array) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def _factor(name: str, value: Any, path: str | None = None) -> dict[str, Any]:
    """A factor, and where in the receipt it stands."""
    return {"name": name, **({"from": path} if path else {}), "value": float(value)}


def _product(factors: list[dict[str, Any]], value: Any) -> dict[str, Any]:
    return {"factors": factors, "product_order": "left_to_right", "signal_value": float(value)}
