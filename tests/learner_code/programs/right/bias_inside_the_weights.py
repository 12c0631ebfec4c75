import numpy as np


def sig(v):
    return 1 / (1 + np.exp(-v))


class MLP:
    """theta[l] is (n_out, n_in + 1), its column 0 is the bias."""

    def __init__(self, theta):
        self.theta = theta

    def fit_batch(self, X, Y, alpha):
        m = len(X)
        Delta = [np.zeros_like(t) for t in self.theta]
        for i in range(m):
            a = [np.append(1, X[i])]
            for l, t in enumerate(self.theta):
                h = sig(t @ a[-1])
                a.append(h if l == len(self.theta) - 1 else np.append(1, h))
            d = 2 * (a[-1] - Y[i]) * a[-1] * (1 - a[-1])
            for l in range(len(self.theta) - 1, -1, -1):
                Delta[l] += np.outer(d, a[l])
                d = (self.theta[l].T @ d * a[l] * (1 - a[l]))[1:]
        for l in range(len(self.theta)):
            self.theta[l] = self.theta[l] - alpha * Delta[l] / m


def step(X, Y, w, b, alpha):
    net = MLP([np.column_stack([bl, wl]) for wl, bl in zip(w, b)])
    net.fit_batch(X, Y, alpha)
    return [t[:, 1:] for t in net.theta], [t[:, 0] for t in net.theta]
