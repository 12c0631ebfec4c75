"""When a failed training goes back to its snapshot."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastbp.network import Network


class RollBack:
    """Takes a snapshot, and goes back to it where an exception finds nothing worth keeping.

    That is where no step was taken, since the split may have drawn, the data may have named classes
    and columns, and another optimizer have taken its place; and where a number is not finite, since
    Ctrl-C may come in an epoch that diverges. Otherwise the steps that were taken stay.
    """

    #: What the first data teach a network, beside its parameters.
    LEARNED = ("_classes", "_feature_names", "_target_kind")

    def __init__(self, net: "Network") -> None:
        self.net = net
        self.snapshot = net._snapshot

    def __enter__(self) -> "RollBack":
        net = self.net
        self.learned = {name: getattr(net, name) for name in self.LEARNED}
        with net._state_lock.hold():
            self.snapshot.take(net._parameters.flat, net._state)
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if error is not None and (
            self.snapshot.is_untouched(self.net._state) or not _is_finite(self.net)
        ):
            self.now()
        self.snapshot.is_live = False

    def now(self) -> None:
        """Go back, to the end of the last epoch or to the start."""
        try:
            self._go_back()
        except BaseException:  # a handler's, halfway: all of it is done once more
            self._go_back()
            raise

    def _go_back(self) -> None:
        net = self.net
        with net._state_lock.hold():
            at_start = self.snapshot.restore(net._parameters.flat, net._state)
            for name, value in self.learned.items() if at_start else ():
                setattr(net, name, value)


def _is_finite(net: "Network") -> bool:
    return net._parameters.all_finite() and net._state.memory_is_finite()
