"""The architecture of a network: sizes, activations, loss, bias and dtype."""

import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fastbp import _boundary
from fastbp.activations import Activation
from fastbp.inputs import check_bias, check_compute, check_dropout, check_dtype, check_sizes
from fastbp.losses import Loss, check_pair
from fastbp.model.activation_choice import Choice, as_choice, formulas_of, row_of
from fastbp.model.custom_activations import Callback
from fastbp.model.custom_loss import LossCallback
from fastbp.model.loss_choice import STAND_IN, LossChoice, as_loss, loss_row
from fastbp.model.named_choice import NamedChoice, is_one_with_numbers, plain
from fastbp.operations import ACTIVATIONS, ActivationRow, LossRow

# The keys of every config; it has the others where they are not None, and not 0.
_KEYS = ("sizes", "activation", "output_activation", "loss", "bias", "dtype")
_OPTIONAL = ("compute", "dropout")
_MOST_LISTED = 20  # layers in a repr


@dataclass(frozen=True)
class Architecture:
    """A checked description; the arguments of :class:`fastbp.Network` mean the same here.

    ``activations`` are those of layers 1..L: names, a name with numbers where these are not its
    defaults, or an Activation that is the caller's own. ``loss`` is a name, a name with numbers or
    a Loss.
    ``compute`` is None where products are made in the number type.
    ``dropout`` has the rates of layers 1..L-1.
    """

    sizes: tuple[int, ...]
    activations: tuple[Choice, ...]
    loss: LossChoice
    bias: bool | str
    dtype: np.dtype[Any]
    compute: str | None = None
    dropout: tuple[float, ...] = ()

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
        dropout: Any = 0.0,
    ) -> "Architecture":
        """Check what a caller gave; raises ValueError or TypeError that names the argument."""
        widths = check_sizes(sizes)
        number_type = check_dtype(dtype)
        output = as_choice("output_activation", output_activation, number_type)
        loss = as_loss(loss, number_type)
        row = row_of(output)
        if not isinstance(loss, Loss):  # which goes with every output activation
            check_pair(row.name if row else "identity", loss_row(loss).name)
        if output == "softmax" and widths[-1] == 1:
            raise ValueError(
                "output_activation='softmax' with one output is always 1 and learns nothing: for "
                "two classes use one output with output_activation='sigmoid' and "
                "loss='binary_cross_entropy', or sizes[-1] = 2"
            )
        hidden = hidden_activations(activation, len(widths) - 2, number_type)
        return cls(
            widths,
            (*hidden, output),
            loss,
            check_bias(bias),
            number_type,
            check_compute(compute, number_type),
            check_dropout(dropout, len(widths) - 2),
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Architecture":
        """Check what :meth:`config` gave; raises ValueError or TypeError."""
        if set(config) - set(_OPTIONAL) != set(_KEYS):
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
        return tuple(row.name if row else "custom" for row in self.rows)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names, with numbers where they are not the defaults: "elu(0.5)"."""
        return tuple(row.label if row else "custom" for row in self.rows)

    @property
    def rows(self) -> tuple[ActivationRow | None, ...]:
        """The table's rows of g^(1), ..., g^(L); None for one of the caller's own."""
        return tuple(row_of(g) for g in self.activations)

    @property
    def numbers(self) -> tuple[dict[str, float], ...]:
        """The numbers that g^(1), ..., g^(L) take, by name."""
        return tuple(row.numbers if row else {} for row in self.rows)

    @property
    def named_loss(self) -> NamedChoice:
        """The loss; STAND_IN for one of the caller's own."""
        return STAND_IN if isinstance(self.loss, Loss) else self.loss

    @property
    def loss_row(self) -> LossRow:
        """The table's row of that, with its numbers."""
        return loss_row(self.named_loss)

    @property
    def kernel_loss(self) -> tuple[int, tuple[float, ...]]:
        """The kernels' id of the loss with its numbers."""
        row = self.loss_row
        return _boundary.LOSS_IDS[row.name], row.values

    @cached_property
    def is_builtin(self) -> bool:
        """Whether the kernels know every activation, and the loss."""
        return "custom" not in self.names and not isinstance(self.loss, Loss)

    @property
    def own_parts(self) -> str:
        """What is the caller's own: "an activation", "a loss", or both."""
        parts = ["an activation"] * ("custom" in self.names)
        return " and ".join(parts + ["a loss"] * isinstance(self.loss, Loss))

    @property
    def formulas(self) -> tuple[Activation, ...]:
        """g^(1), ..., g^(L) with their derivatives, as NumPy functions."""
        return tuple(formulas_of(g) for g in self.activations)

    @property
    def kernel_activations(self) -> list[tuple[int, tuple[float, ...]]]:
        """The kernels' ids of g^(1), ..., g^(L) with their numbers; a custom one is identity."""
        return [
            (_boundary.ACTIVATION_IDS[row.name if row else "identity"], row.values if row else ())
            for row in self.rows
        ]

    @property
    def callbacks(self) -> list[Callback | LossCallback | None] | None:
        """Those of custom activations, layer by layer, and of the loss; None where there are none.

        In the list, None stands for a part that the kernels know.
        """
        if self.is_builtin:
            return None
        return [
            *(Callback(g) if isinstance(g, Activation) else None for g in self.activations),
            LossCallback(self.loss) if isinstance(self.loss, Loss) else None,
        ]

    def config(self) -> dict[str, Any]:
        """Plain values, with the names of Network's arguments."""
        if isinstance(self.loss, Loss) or not self.is_builtin:
            raise ValueError(
                f"a network with {self.own_parts} of your own cannot be described in plain values "
                f"or saved to a model file, which holds no code; pickle it where you trust the file"
            )
        return {
            "sizes": list(self.sizes),
            "activation": [_plain(g) for g in self.activations[:-1]],
            "output_activation": _plain(self.activations[-1]),
            "loss": plain(self.loss),
            "bias": self.bias,
            "dtype": self.dtype.name,
            **({"compute": self.compute} if self.compute else {}),
            **({"dropout": list(self.dropout)} if any(self.dropout) else {}),
        }

    @property
    def _short_dropout(self) -> float | list[float]:
        return self.dropout[0] if len(set(self.dropout)) == 1 else list(self.dropout)

    def __repr__(self) -> str:
        *hidden, output = ["custom" if isinstance(g, Activation) else g for g in self.activations]
        activation = repr(hidden[0]) if hidden and len(set(hidden)) == 1 else self._listed(hidden)
        return (
            f"{self._listed(self.sizes)}, activation={activation}, output_activation={output!r}, "
            f"loss={self.loss!r}, bias={self.bias!r}, dtype={self.dtype.name!r}"
            + (f", compute={self.compute!r}" if self.compute else "")
            + (f", dropout={self._shown_dropout}" if any(self.dropout) else "")
        )

    @property
    def _shown_dropout(self) -> str:
        dropout = self._short_dropout
        return self._listed(dropout) if isinstance(dropout, list) else repr(dropout)

    @staticmethod
    def _listed(values: Sequence[Any]) -> str:
        """A list as ``repr`` shows it: of more than 20 entries the first and the last ones."""
        if len(values) <= _MOST_LISTED:
            return repr(list(values))
        half = _MOST_LISTED // 4
        shown = [*map(repr, values[:half]), "...", *map(repr, values[-half:])]
        return f"[{', '.join(shown)}]"


def _plain(g: Choice) -> Any:
    return None if isinstance(g, Activation) else plain(g)


def _is_one(value: Any) -> bool:
    """Whether it is one activation with its numbers, sound or not, as ("elu", "0.5")."""
    if is_one_with_numbers(value) or len(value) != 2 or not isinstance(value[0], str):
        return is_one_with_numbers(value)
    row, second = ACTIVATIONS.get(value[0]), value[1]
    if row is None or not row.parameters or isinstance(second, (Activation, list, tuple)):
        return False
    return not isinstance(second, str) or _is_numeric(second)


def _is_numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def hidden_activations(value: Any, n_hidden: int, dtype: np.dtype[Any]) -> list[Choice]:
    """Check ``activation``: one for all hidden layers, or one for each."""
    if isinstance(value, (list, tuple)) and not _is_one(value):
        if len(value) != n_hidden:
            raise ValueError(
                f"activation must be one name or one for each of the {n_hidden} hidden layers, "
                f"got {len(value)}"
            )
        return [as_choice("activation", g, dtype) for g in value]
    return [as_choice("activation", value, dtype)] * n_hidden  # checked with no hidden layer too
