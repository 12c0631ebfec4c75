"""One sample's pass, by index: where a gradient comes from."""

import numpy as np

from fastbp import Network

net = Network([4, 3, 3, 2], dtype="float64", seed=0)
x, y = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 1.0])
t = net.trace(x, y)
L = t.L  # layer 0 is the input, so layers 1, ..., L have weights

print(t)

# z_j^(l) = b_j^(l) + sum_k w_jk^(l) a_k^(l-1), for node j = 1 of layer L
z_1 = t.b[L][1] + sum(t.w[L][1, k] * t.a[L - 1][k] for k in range(net.sizes[L - 1]))
print(f"z_1^(L)            {z_1:.12f} by hand, {t.z[L][1]:.12f} in the trace")

# delta_k^(l-1) = g'(z_k) sum_j w_jk^(l) delta_j^(l), for node k = 2 of layer L-1
a_2 = t.a[L - 1][2]  # the sigmoid's g' is a (1 - a)
delta_2 = a_2 * (1 - a_2) * sum(t.w[L][j, 2] * t.delta[L][j] for j in range(net.sizes[L]))
print(f"delta_2^(L-1)      {delta_2:.12f} by hand, {t.delta[L - 1][2]:.12f} in the trace")

# dC_0/dw_jk^(l) = delta_j^(l) a_k^(l-1)
by_hand = t.delta[L - 1][2] * t.a[L - 2][0]
print(f"dC_0/dw_20^(L-1)   {by_hand:.12f} by hand, {t.dC_dw[L - 1][2, 0]:.12f} in the trace")
