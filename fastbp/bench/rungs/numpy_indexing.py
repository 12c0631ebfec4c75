"""NumPy arrays, but one number at a time: the trap.

Idea: arrays are fast, so put the numbers into arrays and leave the loops as they are.
Expected: slower than lists, several times.
Why: w[j, k] makes a tuple of the indices, checks them, and wraps the number into a new NumPy
scalar, whose arithmetic then asks what types it has met. An array saves time only where one call
works on many numbers.
"""

from fastbp.bench.rung import ArrayRung
from fastbp.bench.rungs.numpy_allocating import SLOPE, G


class NumPyIndexing(ArrayRung):
    """The specification's loops on ``ArrayRung``'s arrays."""

    def forward(self) -> None:
        """Activations take a sample's whole layer."""
        for i in range(self.m):
            below = self.x
            for l, (w, b, a) in enumerate(zip(self.w, self.b, self.a, strict=True)):
                for j in range(w.shape[0]):
                    z_j = b[j]
                    for k in range(w.shape[1]):
                        z_j += w[j, k] * below[i, k]
                    a[i, j] = z_j
                a[i] = G[self.activations[l]](a[i])
                below = a

    def backward(self) -> None:
        """First the output's delta, then each layer's from the one above."""
        slopes = [SLOPE[name] for name in self.problem.slopes]
        zero = self.w[0].dtype.type(0)
        for i in range(self.m):
            self.delta[-1][i] = (self.a[-1][i] - self.y[i]) * slopes[-1](self.a[-1][i])
            for l in range(len(self.w) - 1, 0, -1):
                w, delta, below = self.w[l], self.delta[l], self.delta[l - 1]
                slope = slopes[l - 1](self.a[l - 1][i])
                for k in range(w.shape[1]):
                    dC_da_k = zero
                    for j in range(w.shape[0]):
                        dC_da_k += w[j, k] * delta[i, j]
                    below[i, k] = slope[k] * dC_da_k

    def accumulate(self) -> None:
        """Into zeros."""
        below = self.x
        for dw, db, delta, a in zip(self.dw, self.db, self.delta, self.a, strict=True):
            dw[...] = db[...] = 0
            for i in range(self.m):
                for j in range(dw.shape[0]):
                    for k in range(dw.shape[1]):
                        dw[j, k] += delta[i, j] * below[i, k]
                    db[j] += delta[i, j]
            below = a

    def update(self) -> None:
        """One weight after the other."""
        if self.m == 0:
            return
        rate = self.w[0].dtype.type(self.problem.learning_rate / self.m)
        for w, b, dw, db in zip(self.w, self.b, self.dw, self.db, strict=True):
            for j in range(w.shape[0]):
                for k in range(w.shape[1]):
                    w[j, k] -= rate * dw[j, k]
                b[j] -= rate * db[j]
