"""Training in NumPy, as fast as it goes without compiling anything."""

import numpy as np
from peers import BETA1, BETA2, EPS, PRODUCT, Peer, speed


class NumPy(Peer):
    """Whole-array operations, every buffer and every view made once, all parameters in one array.

    An epoch's samples are gathered in one call, so that a mini-batch is a view made beforehand.
    """

    def __init__(self, workload, dtype, threads=1):
        super().__init__(workload, dtype, threads)
        self._first = [(w.T, b) for w, b in workload.first_layers(dtype)]  # (n_in, n_out) is faster
        size = sum(w.size + b.size for w, b in self._first)
        self._p, self._dp, self._m, self._v, self._s = (np.zeros(size, dtype) for _ in range(5))
        self._w, self._b = self._views(self._p)
        self._dw, self._db = self._views(self._dp)
        self._wT = [w.T for w in self._w]
        self._x, self._y = np.empty_like(self.X), np.empty_like(self.Y)
        rows = range(0, len(self.X), workload.batch)
        self._batches = [[of[i : i + workload.batch] for of in (self._x, self._y)] for i in rows]
        shapes = [(workload.batch, n) for n in workload.sizes[1:]]
        self._a, self._delta, self._slope = (
            [np.empty(shape, dtype) for shape in shapes] for _ in range(3)
        )
        self._aT = [a.T for a in self._a]
        self._positive = [np.empty(shape, bool) for shape in shapes]
        self._ones = np.ones(workload.batch, dtype)

    def _views(self, whole):
        weights, biases, place = [], [], 0
        for w, b in self._first:
            weights.append(whole[place : place + w.size].reshape(w.shape))
            biases.append(whole[place + w.size : place + w.size + b.size])
            place += w.size + b.size
        return weights, biases

    def start(self):
        for w, b, (first_w, first_b) in zip(self._w, self._b, self._first, strict=True):
            w[...], b[...] = first_w, first_b
        self._m[...] = self._v[...] = self._t = 0

    def train(self, orders):
        update = {"sgd": self._sgd, "adam": self._adam}[self.workload.optimizer]
        for order in orders:
            np.take(self.X, order, axis=0, out=self._x, mode="clip")  # "raise" makes a copy
            np.take(self.Y, order, axis=0, out=self._y, mode="clip")
            for x, y in self._batches:
                self._forward(x)
                self._backward(x, y)
                update()

    def _forward(self, a):
        last = len(self._w) - 1
        for l, (w, b, z) in enumerate(zip(self._w, self._b, self._a, strict=True)):
            np.dot(a, w, out=z)
            np.add(z, b, out=z)
            self._activate(self.workload.output if l == last else self.workload.activation, z)
            a = z

    def _activate(self, name, z):
        if name == "relu":
            np.maximum(z, 0, out=z)
        elif name == "tanh":
            np.tanh(z, out=z)
        elif name == "sigmoid":
            np.negative(z, out=z)
            np.exp(z, out=z)
            np.add(z, 1, out=z)
            np.reciprocal(z, out=z)
        elif name == "softmax":
            np.subtract(z, z.max(axis=1, keepdims=True), out=z)
            np.exp(z, out=z)
            np.divide(z, z.sum(axis=1, keepdims=True), out=z)

    def _times_slope(self, name, l):
        """Multiply delta by g' of the layer, in terms of a."""
        a, delta, slope = self._a[l], self._delta[l], self._slope[l]
        if name == "relu":
            np.greater(a, 0, out=self._positive[l])
            np.multiply(delta, self._positive[l], out=delta)
        elif name in ("sigmoid", "tanh"):
            np.multiply(a, a, out=slope)
            np.subtract(1 if name == "tanh" else a, slope, out=slope)
            np.multiply(delta, slope, out=delta)

    def _backward(self, x, y):
        workload, delta, last = self.workload, self._delta, len(self._w) - 1
        np.subtract(self._a[last], y, out=delta[last])
        # The mean, and SGD's learning rate, go into the smallest array there is.
        rate = workload.learning_rate if workload.optimizer == "sgd" else 1.0
        np.multiply(delta[last], rate / workload.batch, out=delta[last])
        if workload.loss == "half_squared_error":
            self._times_slope(workload.output, last)
        for l in range(last, -1, -1):
            np.dot(self._aT[l - 1] if l else x.T, delta[l], out=self._dw[l])
            np.dot(self._ones, delta[l], out=self._db[l])
            if l:
                np.dot(delta[l], self._wT[l], out=delta[l - 1])
                self._times_slope(workload.activation, l - 1)

    def _sgd(self):
        np.subtract(self._p, self._dp, out=self._p)

    def _adam(self):
        p, g, m, v, s = self._p, self._dp, self._m, self._v, self._s
        self._t += 1
        np.multiply(m, BETA1, out=m)
        np.multiply(g, 1 - BETA1, out=s)
        np.add(m, s, out=m)
        np.multiply(v, BETA2, out=v)
        np.multiply(g, g, out=g)
        np.multiply(g, 1 - BETA2, out=g)
        np.add(v, g, out=v)
        np.multiply(v, 1 / (1 - BETA2**self._t), out=s)
        np.sqrt(s, out=s)
        np.add(s, EPS, out=s)
        np.divide(m, s, out=s)
        np.multiply(s, self.workload.learning_rate / (1 - BETA1**self._t), out=s)
        np.subtract(p, s, out=p)

    def layers(self):
        return list(zip(self._wT, self._b, strict=True))

    def peak(self):
        A, B, C = (np.ones((PRODUCT, PRODUCT), self.dtype) for _ in range(3))
        return speed(lambda: np.dot(A, B, out=C), PRODUCT)
