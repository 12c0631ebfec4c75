"""XOR, the smallest problem that a network without a hidden layer cannot learn."""

import numpy as np

from fastbp import SGD, Network

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([0.0, 1.0, 1.0, 0.0])

# The lesson's own rule, plain SGD; without optimizer= a network trains with Adam.
net = Network([2, 4, 1], activation="tanh", loss="half_squared_error", seed=1)
history = net.fit(X, y, epochs=2000, batch_size=1, optimizer=SGD(0.5))

print(f"C fell from {history.loss[0]:.4f} to {history.loss[-1]:.6f}")
for x, a in zip(X, net.predict(X)[:, 0], strict=True):
    print(f"{x[0]} xor {x[1]} = {a:.3f}")
