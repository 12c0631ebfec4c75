"""The architecture of a network: sizes, activations, loss, bias and dtype."""

import reprlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fastbp import _boundary
from fastbp.activations import ACTIVATIONS, Activation
from fastbp.inputs import check_bias, check_choice, check_compute, check_dtype, check_sizes
from fastbp.losses import check_pair
from fastbp.model.custom_activations import Callback
from fastbp.operations import ACTIVATIONS as ROWS
from fastbp.operations import BY_NODE, LOSSES

# The keys of every config; it has compute too where that is not None.
_KEYS = ("sizes", "activation", "output_activation", "loss", "bias", "dtype")


@dataclass(frozen=True)
class Architecture:
    """A checked description; the arguments of :class:`fastbp.Network` mean the same here.

    ``activations`` are those of layers 1..L: names, or an Activation that is the caller's own.
    ``compute`` is None where products are made in the number type.
    """

    sizes: tuple[int, ...]
    activations: tuple[str | Activation, ...]
    loss: str
    bias: bool | str
    dtype: np.dtype[Any]
    compute: str | None = None

    @classmethod
    def checked(
        cls,
        sizes: Any,
        activation: Any,
        output_activation: Any,
        loss: Any,
        bias: Any,
        dtype: Any,
        compute: Any = None,
    ) -> "Architecture":
        """Check what a caller gave; raises ValueError or TypeError that names the argument."""
        widths = check_sizes(sizes)
        output = _activation("output_activation", output_activation)
        loss = check_choice("loss", loss, LOSSES)
        check_pair(output if isinstance(output, str) else "identity", loss)
        if output == "softmax" and widths[-1] == 1:
            raise ValueError(
                "output_activation='softmax' with one output is always 1 and learns nothing: for "
                "two classes use one output with output_activation='sigmoid' and "
                "loss='binary_cross_entropy', or sizes[-1] = 2"
            )
        hidden = _hidden_activations(activation, len(widths) - 2)
        number_type = check_dtype(dtype)
        return cls(
            widths,
            (*hidden, output),
            loss,
            check_bias(bias),
            number_type,
            check_compute(compute, number_type),
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Architecture":
        """Check what :meth:`config` gave; raises ValueError or TypeError."""
        if set(config) - {"compute"} != set(_KEYS):
            raise ValueError(
                f"config must have the keys {sorted(_KEYS)}, got {reprlib.repr(sorted(config))}"
            )
        if not isinstance(config["activation"], list):
            raise ValueError(
                f"activation must be a list in a config, got {reprlib.repr(config['activation'])}"
            )
        return cls.checked(**config)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of g^(1), ..., g^(L); "custom" for one of the caller's own."""
        return tuple(g if isinstance(g, str) else "custom" for g in self.activations)

    @cached_property
    def is_builtin(self) -> bool:
        """Whether the kernels know every activation."""
        return "custom" not in self.names

    @property
    def formulas(self) -> tuple[Activation, ...]:
        """g^(1), ..., g^(L) with their derivatives, as NumPy functions."""
        return tuple(ACTIVATIONS[g] if isinstance(g, str) else g for g in self.activations)

    @property
    def kernel_activations(self) -> list[tuple[int, tuple[float, ...]]]:
        """The kernels' ids of g^(1), ..., g^(L) with their numbers; a custom one is identity."""
        names = [g if isinstance(g, str) else "identity" for g in self.activations]
        return [
            (_boundary.ACTIVATION_IDS[name], tuple(ROWS[name].defaults.values())) for name in names
        ]

    @property
    def callbacks(self) -> list[Callback | None] | None:
        """The callbacks of custom activations, layer by layer; None where there are none."""
        if self.is_builtin:
            return None
        return [None if isinstance(g, str) else Callback(g) for g in self.activations]

    def config(self) -> dict[str, Any]:
        """Plain values, with the names of Network's arguments."""
        if not self.is_builtin:
            raise ValueError(
                "a network with an activation of your own cannot be described in plain values or "
                "saved to a model file, which holds no code; pickle it where you trust the file"
            )
        return {
            "sizes": list(self.sizes),
            "activation": list(self.activations[:-1]),
            "output_activation": self.activations[-1],
            "loss": self.loss,
            "bias": self.bias,
            "dtype": self.dtype.name,
            **({"compute": self.compute} if self.compute else {}),
        }

    def __repr__(self) -> str:
        hidden = self.names[:-1]
        activation = hidden[0] if hidden and len(set(hidden)) == 1 else list(hidden)
        return (
            f"{list(self.sizes)}, activation={activation!r}, output_activation={self.names[-1]!r}, "
            f"loss={self.loss!r}, bias={self.bias!r}, dtype={self.dtype.name!r}"
            + (f", compute={self.compute!r}" if self.compute else "")
        )


def _activation(name: str, value: Any) -> str | Activation:
    if isinstance(value, Activation):
        return value
    if callable(value):
        raise TypeError(
            f"{name} must be a name or an Activation; a function needs its derivative too: "
            f"fastbp.Activation(g, derivative)"
        )
    choices = ACTIVATIONS if name == "output_activation" else BY_NODE
    if isinstance(value, str) and value in set(ACTIVATIONS) - set(choices):
        raise ValueError(f"{name} must not be {value!r}: it is for the output layer only")
    return check_choice(name, value, choices)


def _hidden_activations(value: Any, n_hidden: int) -> list[str | Activation]:
    if isinstance(value, (list, tuple)):
        if len(value) != n_hidden:
            raise ValueError(
                f"activation must be one name or one for each of the {n_hidden} hidden layers, "
                f"got {len(value)}"
            )
        hidden = [_activation("activation", g) for g in value]
    else:
        hidden = [_activation("activation", value)] * n_hidden  # checked with no hidden layer too
    return hidden
