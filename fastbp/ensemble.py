"""Several networks whose outputs are averaged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastbp.errors import FileFormatError
from fastbp.inputs import short_repr
from fastbp.model_file import several
from fastbp.model_file.paths import error_with_path
from fastbp.network import Network, model_of, network_of
from fastbp.training.history import History
from fastbp.training.side_by_side import Stop, Watch, side_by_side, warning_once
from fastbp.training.threads import available, check_threads


class Ensemble:
    """Networks that predict together: the mean of their outputs.

    Parameters
    ----------
    networks : sequence of Network
        At least one; all with as many outputs and the same class names. Their inputs may differ.

    Raises
    ------
    ValueError, TypeError
        If they are not.

    Notes
    -----
    Where they have unlike inputs, X is a tuple with the inputs of each network, in their order, in
    all calls; any other X is for every network.

    Examples
    --------
    >>> import numpy as np
    >>> from fastbp import Ensemble, Network
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> ensemble = Ensemble([Network([2, 8, 1], "tanh", seed=seed) for seed in range(3)])
    >>> histories = ensemble.fit(X, [0, 1, 1, 0], epochs=2000)
    >>> ensemble.predict_classes(X)
    array([0, 1, 1, 0])
    """

    def __init__(self, networks: Sequence[Network]) -> None:
        if isinstance(networks, (str, Network)) or not isinstance(networks, Iterable):
            raise TypeError(
                f"networks must be a sequence of networks, got {type(networks).__name__}"
            )
        self._networks = tuple(networks)
        if not self._networks:
            raise ValueError("networks must hold at least one network, got none")
        for i, net in enumerate(self._networks):
            if not isinstance(net, Network):
                raise TypeError(f"networks[{i}] must be a Network, got {type(net).__name__}")
        first = self._networks[0]
        for i, net in enumerate(self._networks):
            if net.sizes[-1] != first.sizes[-1]:
                raise ValueError(
                    f"all networks must have as many outputs: networks[0] has {first.sizes[-1]}, "
                    f"networks[{i}] {net.sizes[-1]}"
                )
            if net.classes != first.classes:
                raise ValueError(
                    "all networks must have the same class names in the same order: networks[0] "
                    f"has {short_repr(first.classes)}, networks[{i}] {short_repr(net.classes)}"
                )

    @property
    def networks(self) -> tuple[Network, ...]:
        """Its members."""
        return self._networks

    def __len__(self) -> int:
        return len(self._networks)

    def __iter__(self) -> Iterator[Network]:
        return iter(self._networks)

    def __repr__(self) -> str:
        sizes = [list(net.sizes) for net in self._networks]
        alike = all(size == sizes[0] for size in sizes)
        shown = f"{len(sizes)} x {sizes[0]}" if alike else ", ".join(map(str, sizes))
        return f"Ensemble({shown})"

    def _inputs(self, X: Any) -> Sequence[Any]:
        if not isinstance(X, tuple):
            return [X] * len(self)
        if len(X) != len(self):
            raise ValueError(
                f"X is a tuple of {len(X)}, which must be the inputs of {len(self)} networks; pass "
                f"an array or a list of rows for inputs that all of them take"
            )
        return X

    def fit(self, X: Any, y: Any, *, n_threads: int | None = None, **options: Any) -> list[History]:
        """Train each network, several at a time where there are cores.

        Parameters
        ----------
        X : array-like, or tuple of these
            Of every network, or of each.
        y : array-like
        n_threads : int or None
            The most threads in all; None: as many as this process has cores. No bit of the result
            depends on it.
        **options
            Further arguments of :meth:`Network.fit`. Callbacks are called by the thread that
            trains the network.

        Returns
        -------
        list of History

        Raises
        ------
        ValueError, TypeError, ShapeError, DivergenceError
            As ``Network.fit`` of one of them. The others then stop early.
        """
        inputs = self._inputs(X)
        cores = check_threads(n_threads) or available()
        n_workers = min(cores, len(self))

        def job(net: Network, X: Any) -> Callable[[Stop], History]:
            def train(stop: Stop) -> History:
                progress = options.get("progress") or Watch(stop=stop)
                return net.fit(
                    X, y, n_threads=cores // n_workers, **{**options, "progress": progress}
                )

            return train

        jobs = [job(net, x) for net, x in zip(self._networks, inputs, strict=True)]
        with warning_once(stacklevel=2):
            return side_by_side(jobs, n_workers)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The mean of the networks' outputs, float64 of shape (m, n_L); X as for :meth:`fit`."""
        total: Any = 0.0
        for net, x in zip(self._networks, self._inputs(X), strict=True):
            total = total + net.predict(x).astype(np.float64)
        return np.asarray(total / len(self))

    def predict_classes(self, X: Any) -> NDArray[Any]:
        """The class of every row: that with the largest mean output, or with one output a >= 0.5.

        Names where the networks have them, else integers.
        """
        a = self.predict(X)
        codes = (a[:, 0] >= 0.5).astype(np.intp) if a.shape[1] == 1 else a.argmax(axis=1)
        classes = self._networks[0].classes
        return codes if classes is None else np.array(classes, object)[codes]

    def save(self, path: str | PathLike[str]) -> None:
        """Write the networks to one file, without their optimizers' memory.

        Raises
        ------
        ValueError, OSError
            If a network cannot be saved, or the file not written.
        """
        several.save(path, "Ensemble", [model_of(net) for net in self._networks], {}, {})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read what :meth:`save` wrote; raises FileFormatError if it is anything else."""
        models, content, arrays = several.load(path, "Ensemble")
        if content or arrays:
            with error_with_path(path):
                raise FileFormatError("it has more than an ensemble's networks")
        with error_with_path(path):
            try:
                return cls([network_of(model) for model in models])
            except ValueError as error:
                raise FileFormatError(str(error)) from None
