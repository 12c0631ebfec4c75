"""``fastbp train`` without a file: the digits that come with fastbp, and a single network."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp import History, Network
from fastbp.cli.messages import print_item, training_warnings_as_notes
from fastbp.cli.train_options import model_options
from fastbp.cli.train_report import print_curve
from fastbp.cli.trained import Trained
from fastbp.datasets import digits_split, load_digits
from fastbp.tables.preprocessing import Preprocessing
from fastbp.tabular.member import OUTPUTS
from fastbp.tabular.recipe import Recipe, as_recipe
from fastbp.text.formatting import quote
from fastbp.training.fit import samples_in_a_step
from fastbp.training.progress import Progress

_PIXELS = 64
_LARGEST = 16.0


class _Watch(Progress):
    """Progress that also counts the completed epochs, for when Ctrl-C ends the training."""

    history = History()
    n_completed = 0

    def epoch_end(self, history: History) -> None:
        self.history, self.n_completed = history, history.epochs
        super().epoch_end(history)

    def completed(self) -> History | None:
        """Cut off the epoch that was interrupted; None if there was no other."""
        lists = {k: v[: self.n_completed] for k, v in vars(self.history).items() if v}
        return History(**lists) if self.n_completed else None


def train_digits(args: Namespace) -> Trained | None:
    """Train a network on the digits by the plain recipe; None if no epoch ended."""
    X, y = load_digits()
    training, held_out = digits_split(y)
    print_item("digits", "1,797 handwritten digits, 8 x 8 pixels (UCI; Alpaydin, Kaynak 1998)")
    print_item(
        "parts", f"{len(training):,} to train on, {len(held_out):,} held out (the same every time)"
    )
    options = model_options(args)
    seed = options.pop("seed")
    recipe = as_recipe("plain", **options)
    net = _network(recipe, seed)
    batch_size = samples_in_a_step(recipe.batch_size, recipe.optimizer, len(training))
    epochs = recipe.epochs_for(len(training))
    _describe(net, recipe, batch_size, epochs, seed)
    watch = _Watch()
    stop: BaseException | None = None
    history: History | None
    try:
        with training_warnings_as_notes():
            history = net.fit(
                X[training],
                y[training],
                epochs=epochs,
                batch_size=batch_size,
                optimizer=recipe.optimizer,
                l2=recipe.l2,
                class_weight=recipe.class_weight,
                validation=(X[held_out], y[held_out]),
                progress=watch,
            )
    except BrokenPipeError:
        raise
    except (KeyboardInterrupt, OSError) as error:
        history, stop = watch.completed(), error
        if history is None and isinstance(error, OSError):
            raise
    if history is None:
        return None
    complete = history

    def report() -> str:
        print_curve(complete, len(training))
        return _result(net, X[held_out], y[held_out])

    progress = f"after {complete.epochs} of {epochs} epochs"
    return Trained("digits", net.save, report, complete, stop, progress)


def _network(recipe: Recipe, seed: int) -> Network:
    """Make a network for the digits, with what `fastbp predict` needs to know of their table."""
    output_activation, loss = OUTPUTS["classify"]
    net = Network(
        [_PIXELS, *recipe.hidden, 10],
        activation=recipe.activation,
        output_activation=output_activation,
        loss=loss,
        seed=seed,
    )
    net.preprocessing = Preprocessing(
        task="classify",
        target="digit",
        columns=[f"pixel_{i // 8}_{i % 8}" for i in range(_PIXELS)],
        positions=list(range(_PIXELS)),
        width=_PIXELS + 1,
        header=False,
        means=[0.0] * _PIXELS,
        scales=[_LARGEST] * _PIXELS,
    ).to_dict()
    return net


def _describe(net: Network, recipe: Recipe, batch_size: int, epochs: int, seed: int) -> None:
    sizes = "-".join(map(str, net.sizes))
    hidden = f"{recipe.activation}, " * bool(recipe.hidden)
    n_parameters = len(net.parameters)
    print_item(
        "network",
        f"{sizes}, {hidden}{', '.join(OUTPUTS['classify'])}; {n_parameters:,} parameters",
    )
    optimizer = recipe.optimizer
    decay = f", l2 {recipe.l2:g}" * (recipe.l2 > 0)
    decay += ", balanced classes" * bool(recipe.class_weight)
    print_item(
        "training",
        f"{optimizer.name}, learning rate {optimizer.learning_rate:g}{decay}, batches of "
        f"{batch_size}, {epochs} epochs, seed {seed}",
    )
    print()


def _result(net: Network, X: NDArray[Any], y: NDArray[Any]) -> str:
    """Print what a constant answer would get; return the last line, the held-out accuracy."""
    names, counts = np.unique(y, return_counts=True)
    print_item(
        "compare",
        f"always answering {quote(str(names[counts.argmax()]))} would get "
        f"{100 * counts.max() / counts.sum():.2f} % of the held-out rows",
    )
    return f"held-out accuracy {100 * net.score(X, y):.2f} %"
