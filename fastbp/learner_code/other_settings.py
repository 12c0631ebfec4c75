"""Settings that a file may be meant for, if its functions are wrong in its own."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from fastbp.learner_code.examples import W_SHAPES, Setting

_HIDDEN = ("sigmoid", "tanh", "relu")
_CLASSES = (("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"))


def turned(setting: Setting) -> Setting:
    """The same with a row for each k in every matrix."""
    return replace(setting, w_shape=W_SHAPES[1])


def other_settings(setting: Setting) -> Iterator[Setting]:
    """The commonest networks with other activations, or with a loss for classes.

    >>> [of.words for of in other_settings(Setting())][:2]
    ['sigmoid, identity output, squared_error', 'sigmoid, softmax output, cross_entropy']
    """
    seen = {setting}
    for activation in dict.fromkeys((setting.activation, *_HIDDEN)):
        outputs = (setting.output_activation, activation, "identity")
        for output, loss in (*((output, setting.loss) for output in outputs), *_CLASSES):
            with suppress(ValueError):  # no such pair
                other = replace(setting, activation=activation, output_activation=output, loss=loss)
                if other not in seen:
                    seen.add(other)
                    yield other


def constants(setting: Setting, other: Setting) -> str:
    """The lines of a file that say so.

    >>> constants(Setting(), Setting("tanh"))
    'ACTIVATION = "tanh"'
    """
    names = ("activation", "output_activation", "loss", "w_shape")
    return " and ".join(
        f'{name.upper()} = "{getattr(other, name)}"'
        for name in names
        if getattr(other, name) != getattr(setting, name)
    )
