import numpy as np

LOSS = "half_squared_error"
BIAS = False
SIZES = [3, 4, 1]


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def train(X, y, syn0, syn1, iterations=1, alpha=1.0):
    for _ in range(iterations):
        l0 = X
        l1 = nonlin(np.dot(l0, syn0))
        l2 = nonlin(np.dot(l1, syn1))
        l2_error = y - l2
        l2_delta = l2_error * nonlin(l2, True)
        l1_error = l2_delta.dot(syn1.T)
        l1_delta = l1_error * nonlin(l1, True)
        syn1 += alpha * l1.T.dot(l2_delta) / len(X)
        syn0 += alpha * l0.T.dot(l1_delta) / len(X)
    return syn0, syn1


if __name__ == "__main__":
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0, 1, 1, 0]]).T
    rng = np.random.default_rng(1)
    train(X, y, rng.uniform(-1, 1, (3, 4)), rng.uniform(-1, 1, (4, 1)), 60000)


def step(X, Y, w, b, lr):
    syn0, syn1 = train(X, Y, w[0].T, w[1].T, 1, lr)
    return [syn0.T, syn1.T], b
