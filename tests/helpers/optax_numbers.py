"""The numbers of docs/coming-from.md from optax and JAX themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from library_formulas import (
    BELOW_THE_ROOT,
    DECAY_GRADIENTS,
    LOGITS,
    MISTAKE,
    SIGNS,
    SMOOTHING,
    TARGETS,
    TINY,
    Formula,
    Numbers,
    defaults,
)


def optax_moves(
    kind: str, gradients: Sequence[float], *arguments: Any, start: float = 0.0, **numbers: Any
) -> Numbers:
    import jax.numpy as jnp
    import optax

    dtype = numbers.pop("dtype", "float64")
    transformation = getattr(optax, kind)(*arguments, **numbers)
    w = jnp.asarray(start, dtype)
    state, places = transformation.init(w), []
    for gradient in gradients:
        updates, state = transformation.update(jnp.asarray(gradient, dtype), state, w)
        w = optax.apply_updates(w, updates)
        places.append(float(w))
    return tuple(places)


def optax_clip() -> Numbers:
    import jax.numpy as jnp
    import optax

    clip = optax.clip_by_global_norm(5.0)
    w = jnp.zeros(2)
    updates, _ = clip.update(jnp.asarray([3.0, 4.0]), clip.init(w), w)
    return tuple(float(x) for x in updates)


def optax_smoothed() -> Numbers:
    import optax

    labels = optax.smooth_labels(np.eye(3)[TARGETS], SMOOTHING)
    return (float(optax.softmax_cross_entropy(LOGITS, labels).mean()),)


def jax_slopes(name: str, *places: float) -> Numbers:
    import jax
    import jax.numpy as jnp

    function = jnp.abs if name == "abs" else getattr(jax.nn, name)
    return tuple(float(jax.grad(function)(z)) for z in places)


def jax_value(name: str, z: float) -> float:
    import jax

    return float(getattr(jax.nn, name)(z))


def _optax(name: str) -> Any:
    import optax

    return getattr(optax, name)


RUNS: dict[str, Formula] = {
    "Adam's eps": lambda: (-optax_moves("adam", [TINY], 0.001)[0],),
    "RMSprop's eps": lambda: (-optax_moves("rmsprop", [TINY], 0.01)[0],),
    "Adagrad's eps and start": lambda: (-optax_moves("adagrad", [TINY], 0.01)[0],),
    "NAdam's momentum": lambda: (-optax_moves("nadam", [1.0], 0.002)[0],),
    "Rprop at a change of sign": lambda: optax_moves("rprop", SIGNS, 0.01),
    "Rprop of tiny gradients": lambda: optax_moves("rprop", BELOW_THE_ROOT, 0.01, dtype="float32"),
    "AdamW": lambda: optax_moves("adamw", DECAY_GRADIENTS, 0.01, start=1.0, weight_decay=0.1)[-1:],
    "AdamW's default decay": lambda: defaults(_optax("adamw"), "weight_decay"),
    "momentum when the rate changes": lambda: optax_moves(
        "sgd", [1.0, 1.0], lambda t: 0.1 - 0.09 * t, momentum=0.9
    )[-1:],
    "clipping by norm": optax_clip,
    "L2 penalty": lambda: (optax_moves("add_decayed_weights", [0.0], 1.0, start=1.0)[0] - 1,),
    "label smoothing": optax_smoothed,
    "a confident mistake": lambda: (
        float(_optax("sigmoid_binary_cross_entropy")(np.array(MISTAKE), np.array(0.0))),
    ),
    "leaky_relu's slope": lambda: (-jax_value("leaky_relu", -1.0),),
    "leaky_relu' at 0": lambda: jax_slopes("leaky_relu", 0.0),
    "selu' at 0": lambda: jax_slopes("selu", 0.0),
    "hard_sigmoid' at -3 and 3": lambda: jax_slopes("hard_sigmoid", -3.0, 3.0),
    "absolute error' at 0": lambda: jax_slopes("abs", 0.0),
    "gelu": lambda: (jax_value("gelu", 1.0),),
}
