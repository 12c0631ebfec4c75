"""The numbers of docs/coming-from.md from Keras itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from library_formulas import (
    CLASS_WEIGHTS,
    DECAY_GRADIENTS,
    LOGITS,
    PATIENCE,
    SMOOTHING,
    TARGETS,
    TINY,
    Formula,
    Numbers,
)


def keras_moves(
    kind: str,
    gradients: Sequence[float],
    start: float = 0.0,
    rates: Sequence[float] = (),
    **numbers: Any,
) -> Numbers:
    import keras

    w = keras.Variable(np.array(start))
    optimizer = getattr(keras.optimizers, kind)(**numbers)
    optimizer.build([w])
    places = []
    for i, gradient in enumerate(gradients):
        if rates:
            optimizer.learning_rate = rates[i]
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [w])
        places.append(float(w.value))
    return tuple(places)


def keras_clip() -> Numbers:
    import keras

    w = keras.Variable(np.zeros(2))
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=5.0)
    optimizer.build([w])
    optimizer.apply([keras.ops.convert_to_tensor(np.array([3.0, 4.0]))], [w])
    return tuple(-float(x) for x in w.value)


def keras_default(kind: str, *names: str) -> Numbers:
    import keras

    config = getattr(keras.optimizers, kind)().get_config()
    return tuple(round(float(config[name]), 7) for name in names)


def keras_loss(kind: str, y: Any, a: Any, weights: Any = None, **options: Any) -> Numbers:
    import keras

    loss = getattr(keras.losses, kind)(**options)
    return (float(loss(np.array(y), np.array(a), sample_weight=weights)),)


def keras_penalty() -> Numbers:
    """Its slope at 1: of a quadratic, a central difference is exact."""
    import keras

    at_2, at_0 = (float(keras.regularizers.L2(1.0)(np.array([w]))) for w in (2.0, 0.0))
    return ((at_2 - at_0) / 2,)


def keras_stops(*, early: bool) -> Numbers:
    """Epochs until it stops or lowers the rate, with a loss that stays the same."""
    import keras

    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    callback = (
        keras.callbacks.EarlyStopping("loss", patience=PATIENCE)
        if early
        else keras.callbacks.ReduceLROnPlateau("loss", patience=PATIENCE)
    )
    callback.set_model(model)
    callback.on_train_begin()
    model.stop_training = False
    for epoch in range(1, 100):
        callback.on_epoch_end(epoch - 1, {"loss": 1.0})
        if model.stop_training or float(model.optimizer.learning_rate.value) < 1:
            return (float(epoch),)
    raise AssertionError("it never stopped")


def keras_layer(layer: Any, x: Any, **options: Any) -> np.ndarray:
    return np.asarray(layer(np.array(x), **options))


def _keras(name: str) -> Any:
    import keras

    return getattr(keras, name)


RUNS: dict[str, Formula] = {
    "Adam's eps": lambda: (-keras_moves("Adam", [TINY], learning_rate=0.001)[0],),
    "RMSprop's eps": lambda: (-keras_moves("RMSprop", [TINY], learning_rate=0.01)[0],),
    "Adagrad's eps and start": lambda: (-keras_moves("Adagrad", [TINY], learning_rate=0.01)[0],),
    "NAdam's momentum": lambda: (-keras_moves("Nadam", [1.0], learning_rate=0.002)[0],),
    "`weight_decay` of SGD": lambda: keras_moves(
        "SGD", DECAY_GRADIENTS, 1.0, learning_rate=0.01, momentum=0.9, weight_decay=0.1
    )[-1:],
    "AdamW": lambda: keras_moves(
        "AdamW", DECAY_GRADIENTS, 1.0, learning_rate=0.01, weight_decay=0.1
    )[-1:],
    "AdamW's default decay": lambda: keras_default("AdamW", "weight_decay"),
    "SGD's default rate": lambda: keras_default("SGD", "learning_rate"),
    "RMSprop's default rate and rho": lambda: keras_default("RMSprop", "learning_rate", "rho"),
    "momentum when the rate changes": lambda: keras_moves(
        "SGD", [1.0, 1.0], rates=(0.1, 0.01), learning_rate=0.1, momentum=0.9
    )[-1:],
    "clipping by norm": keras_clip,
    "L2 penalty": keras_penalty,
    "class weights": lambda: keras_loss(
        "CategoricalCrossentropy",
        np.eye(3)[TARGETS],
        LOGITS,
        np.array(CLASS_WEIGHTS)[TARGETS],
        from_logits=True,
    ),
    "label smoothing": lambda: keras_loss(
        "CategoricalCrossentropy",
        np.eye(3)[TARGETS],
        LOGITS,
        from_logits=True,
        label_smoothing=SMOOTHING,
    ),
    "sample weights": lambda: keras_loss(
        "MeanAbsoluteError", [[0.0], [0.0]], [[1.0], [2.0]], np.array([1.0, 3.0])
    ),
    "squared error": lambda: keras_loss("MeanSquaredError", [[0.0, 0.0]], [[1.0, 2.0]]),
    "a confident mistake": lambda: keras_loss("BinaryCrossentropy", [[0.0]], [[1.0]]),
    "early stopping": lambda: keras_stops(early=True),
    "rate on a plateau": lambda: keras_stops(early=False),
    "dropout": lambda: (
        float(keras_layer(_keras("layers").Dropout(0.2), np.ones(1000), training=True).max()),
    ),
    "first weights": lambda: (
        float(np.asarray(_keras("initializers").GlorotUniform()((784, 128))).std() * 28),
    ),
    "leaky_relu's slope": lambda: (-float(_keras("activations").leaky_relu(np.array([-1.0]))[0]),),
    "gelu": lambda: (float(_keras("activations").gelu(np.array([1.0]))[0]),),
}
