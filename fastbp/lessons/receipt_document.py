"""The document of a receipt: the numbers of a step under the names that the verifier has for them.

Its nodes and weights have names. Its signals, gradients and updates point down: they are -delta,
-dC_0/dw and what is added to w.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastbp.inputs import Array
from fastbp.lessons.receipt_rules import (
    Place,
    learnt_places,
    memories_of,
    optimizer_config,
    places,
    update_of,
)
from fastbp.model.step_trace import Moment, StepTrace
from fastbp.model.trace import Trace
from fastbp.version import __version__

#: What verifies a receipt; the nightly tests run this version.
VERIFIER = "@mcptoolshop/backprop-trace@1.0.0"

#: The loss of softmax, by fastbp's name and by theirs, and that of the others, by both.
OF_SOFTMAX = ("cross_entropy", "cross_entropy_softmax")
OF_OTHERS = "half_squared_error"

#: Number type -> what two ways of rounding may differ by: the verifier's defaults for numbers of
#: its own, which are float64, and for those of PyTorch, which are float32.
_TOLERANCES = {
    "float64": {"atol": 1e-12, "rtol": 1e-9},
    "float32": {"atol": 1e-6, "rtol": 1e-4},
}


_LAYERS = ("input", "hidden", "output")


def has_softmax(step: StepTrace) -> bool:
    """Whether the output activation is softmax."""
    return step.activations[-1] == "softmax"


@dataclass(frozen=True)
class Writer:
    """The parts of one receipt."""

    step: StepTrace
    after: Trace  # of the same sample, with the new parameters

    def document(self) -> dict[str, Any]:
        """All of it, in the order of the schema."""
        step, dtype = self.step, self.step.w[1].dtype.name
        return {
            "schema_version": "0.8.0",
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
            "optimizer_config": optimizer_config(step),
            "inputs": _by_name(self._units(0), step.a[0]),
            "targets": _by_name(self._units(2), step.y),
            "parameters_before": self._parameters(step.before),
            "forward": self._forward(step),
            "loss": self._loss(step),
            "backward": {
                "output_error_signals": dict(self._output_signals()),
                "hidden_error_signals": dict(self._hidden_signals()),
            },
            "updates": [self._update(place) for place in learnt_places(step)],
            "parameters_after": self._parameters(step.after),
            "post_update_forward": {"status": "filled", **self._forward(self.after)},
            "post_update_loss": {"status": "filled", **self._loss(self.after)},
        }

    # ---------------------------------------------------------------- names

    def _units(self, l: int) -> list[str]:
        return [_unit(l, j) for j in range(self.step.sizes[l])]

    @staticmethod
    def _ends(place: Place) -> dict[str, str]:
        """The nodes that a weight connects; a bias has one, twice."""
        j, k = place.nodes[0], place.nodes[-1]
        below = place.l - (place.letter == "w")
        return {"from_unit": _unit(below, k), "to_unit": _unit(place.l, j)}

    @staticmethod
    def _role(place: Place) -> str:
        layer = _LAYERS[place.l]
        return f"{layer}_bias" if place.letter == "b" else f"{_edge(place)}_weight"

    def _topology(self) -> dict[str, Any]:
        step = self.step
        parameters: list[dict[str, Any]] = []
        for place in places(step):
            role = self._role(place)
            ends: dict[str, Any] = self._ends(place)
            if place.letter == "b":
                ends = {"applies_to_units": [ends["to_unit"]]}
            parameters.append({"id": place.name, "role": role, **ends})
        return {
            "layers": list(_LAYERS),
            **{f"{layer}_size": n for layer, n in zip(_LAYERS, step.sizes, strict=True)},
            "unit_order": {layer: self._units(l) for l, layer in enumerate(_LAYERS)},
            "parameter_order": [parameter["id"] for parameter in parameters],
            "parameters": parameters,
            "activation_hidden": step.activations[1],
            "activation_output": step.activations[2],
            "loss": OF_SOFTMAX[1] if has_softmax(step) else OF_OTHERS,
            "bias_sharing": "per_neuron",
        }

    # ---------------------------------------------------------------- numbers

    def _parameters(self, moment: Moment) -> dict[str, float]:
        return {place.name: place.of(moment) for place in places(self.step)}

    def _forward(self, trace: Trace) -> dict[str, dict[str, float]]:
        return {
            unit: {"net": float(z), "out": float(a)}
            for l in (1, 2)
            for unit, z, a in zip(self._units(l), trace.z[l], trace.a[l], strict=True)
        }

    def _loss(self, trace: Trace) -> dict[str, Any]:
        a, y = (numbers.astype(np.float64) for numbers in (trace.a[2], trace.y))
        if has_softmax(self.step):
            with np.errstate(all="ignore"):
                per_output = np.where(y == 0, 0.0, 0.0 - y * np.log(a))
        else:
            per_output = (a - y) ** 2 / 2
        return {"per_output": _by_name(self._units(2), per_output), "total": trace.C_0}

    def _output_signals(self) -> Iterator[tuple[str, dict[str, Any]]]:
        step, units = self.step, self._units(2)
        softmax = has_softmax(step)
        for j, unit in enumerate(units):
            if softmax:
                factors = [_factor("target_minus_probability", _down(step.delta[2][j]))]
            else:
                factors = [
                    _factor("target_minus_output", _down(step.dC_da[2][j])),
                    _factor("activation_derivative", step.g_prime[2][j]),
                ]
            signal = _product(factors, _down(step.delta[2][j]))
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
                "term_value": float(y[i] * slopes[i]) + 0.0,
            }
            for i, unit in enumerate(units)
        ]
        return {
            "jacobian_terms": terms,
            "product_order": "left_to_right",
            "summation_order": units,
            "summed_value": _down(self.step.delta[2][j]),
        }

    def _hidden_signals(self) -> Iterator[tuple[str, dict[str, Any]]]:
        step, above = self.step, self._units(2)
        delta, w = (numbers.astype(np.float64) for numbers in (step.delta[2], step.w[2]))
        for k, unit in enumerate(self._units(1)):
            contributions = [
                {
                    "from": above[j],
                    "downstream_signal": _down(delta[j]),
                    "via_weight": f"w2_{j}_{k}",
                    "weight_value": float(w[j, k]),
                    "value": _down(delta[j] * w[j, k]),
                }
                for j in range(len(above))
            ]
            yield (
                unit,
                {
                    "downstream_contributions": contributions,
                    "summation_order": above,
                    "backpropagated_sum": _down(step.dC_da[1][k]),
                    "activation_derivative": float(step.g_prime[1][k]),
                    "product_order": "left_to_right",
                    "signal_value": _down(step.delta[1][k]),
                },
            )

    def _update(self, place: Place) -> dict[str, Any]:
        step, ends = self.step, self._ends(place)
        is_weight = place.letter == "w"
        layer, node = _LAYERS[place.l], ends["to_unit"]
        path = f"backward.{layer}_error_signals.{node}.signal_value"
        factors = [
            _factor(f"{layer}_error_signal", _down(step.delta[place.l][place.nodes[0]]), path)
        ]
        if is_weight:
            below = ends["from_unit"]
            path = f"inputs.{below}" if place.l == 1 else f"forward.{below}.out"
            a_k = step.a[place.l - 1][place.nodes[1]]
            factors.append(_factor("upstream_activation", a_k, path))
        return {
            "parameter_id": place.name,
            "kind": "weight" if is_weight else "bias",
            "layer_edge": _edge(place),
            "parameter_role": self._role(place),
            **ends,
            "weight_before": place.of(step.before),
            "optimizer": {
                "name": optimizer_config(step)["name"],
                "learning_rate": step.learning_rate,
                "factors": factors,
                "product_order": "left_to_right",
                **memories_of(step, place),
            },
            "gradient": _down(place.derivative(step)),
            "update": update_of(step, place),
            "weight_after": place.of(step.after),
        }


def _unit(l: int, j: int) -> str:
    """The name of node j of layer l."""
    return f"{'xho'[l]}{j}"


def _edge(place: Place) -> str:
    if place.letter == "b":
        return "bias_to_layer"
    return f"{_LAYERS[place.l - 1]}_to_{_LAYERS[place.l]}"


def _by_name(names: list[str], values: Array) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def _factor(name: str, value: Any, path: str | None = None) -> dict[str, Any]:
    """A factor, and where in the receipt it stands."""
    return {"name": name, **({"from": path} if path else {}), "value": float(value)}


def _down(value: Any) -> float:
    """The direction of descent; a zero without a sign."""
    return 0.0 - float(value)


def _product(factors: list[dict[str, Any]], value: Any) -> dict[str, Any]:
    return {"factors": factors, "product_order": "left_to_right", "signal_value": float(value)}
