"""Further activations, losses and update rules for the specification, formula by formula.

Like :mod:`fastbp.reference`, pure Python that is only ever read and compared with.
``ACTIVATIONS[name]`` is (g, g'), each from a layer's list of z_j to a list, with the numbers of an
activation that takes some after it; ``LOSSES[name]`` is (C_0, delta^(L)), whose numbers come last
likewise. Softmax has no g' of one node: with cross_entropy the pair has one short delta.
``RULES[name]`` is a rule for one number, from (w, memory, t, dC/dw, its numbers by name) to (w,
memory), and the memory that it begins with.
"""

import math

from fastbp.reference import sigmoid, sigmoid_prime, squared_error, squared_error_delta

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. (2017)


def node_by_node(f):
    """Lift a formula for one node to the list of a layer's nodes; numbers of its own follow z."""
    return lambda z, *numbers: [f(z_j, *numbers) for z_j in z]


def sigmoid_of(z_j):
    """1 / (1 + e^-z) of one node."""
    return sigmoid([z_j])[0]


def phi_of(z_j):
    """Phi(z) = 1/2 erfc(-z / sqrt(2)), the normal distribution, of one node."""
    return math.erfc(-z_j / math.sqrt(2)) / 2


def softplus_of(z_j):
    """ln(1 + e^z), in the form that overflows for no z."""
    return max(z_j, 0.0) + math.log1p(math.exp(-abs(z_j)))


def exp_of(z_j):
    """e^z of one node; where Python's raises OverflowError, infinity."""
    return math.inf if z_j > 709.782712893383 else math.exp(z_j)


def mish_prime_of(z_j):
    """t + z dt/dz with t = tanh(ln(1 + e^z)), of one node."""
    t = math.tanh(softplus_of(z_j))
    return t + z_j * (1 - t * t) * sigmoid_of(z_j)


def gelu_tanh_exponent_of(z_j):
    """u for which gelu_tanh is z / (1 + e^-u), as (1 + tanh(u/2)) / 2 = 1 / (1 + e^-u)."""
    return 2 * math.sqrt(2 / math.pi) * (z_j + 0.044715 * z_j * z_j * z_j)


def gelu_tanh_prime_of(z_j):
    """s + z s (1 - s) du/dz with s = 1 / (1 + e^-u), of one node."""
    u, slope = gelu_tanh_exponent_of(z_j), 2 * math.sqrt(2 / math.pi) * (1 + 0.134145 * z_j * z_j)
    return sigmoid_of(u) * (1 + z_j * sigmoid_of(-u) * slope)


def softmax(z):
    """a_j = e^(z_j) / sum_i e^(z_i), shifted by the largest z, which cancels."""
    top = max(z)
    e = [math.exp(z_j - top) for z_j in z]
    return [e_j / sum(e) for e_j in e]


ACTIVATIONS = {
    "identity": (node_by_node(lambda z: z), node_by_node(lambda z: 1.0)),
    "sigmoid": (sigmoid, sigmoid_prime),
    "tanh": (node_by_node(math.tanh), node_by_node(lambda z: 1 - math.tanh(z) ** 2)),
    "relu": (node_by_node(lambda z: z if z > 0 or z != z else 0.0),
             node_by_node(lambda z: 1.0 if z > 0 else 0.0)),
    # By default as Maas, Hannun and Ng (2013), and Clevert, Unterthiner and Hochreiter (2016).
    "leaky_relu": (node_by_node(lambda z, slope=0.01: z if z > 0 else slope * z),
                   node_by_node(lambda z, slope=0.01: 1.0 if z > 0 else slope)),
    "elu": (node_by_node(lambda z, alpha=1.0: z if z > 0 else alpha * math.expm1(z)),
            node_by_node(lambda z, alpha=1.0: 1.0 if z > 0 else alpha * math.exp(z))),
    "softplus": (node_by_node(softplus_of), sigmoid),
    "gelu": (node_by_node(lambda z: z * phi_of(z)),
             node_by_node(lambda z: phi_of(z) + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi))),
    "silu": (node_by_node(lambda z: z * sigmoid_of(z)),
             node_by_node(lambda z: sigmoid_of(z) * (1 + z * sigmoid_of(-z)))),
    "softsign": (node_by_node(lambda z: z / (1 + abs(z))),
                 node_by_node(lambda z: 1 / (1 + abs(z)) ** 2)),
    "hard_sigmoid": (node_by_node(lambda z: min(max(z + 3, 0.0), 6.0) / 6),
                     node_by_node(lambda z: 1 / 6 if -3 < z <= 3 else 0.0)),
    "selu": (node_by_node(lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * math.expm1(z))),
             node_by_node(lambda z: SELU_SCALE * (1 if z > 0 else SELU_ALPHA * math.exp(z)))),
    "exp": (node_by_node(exp_of), node_by_node(exp_of)),
    "mish": (node_by_node(lambda z: z * math.tanh(softplus_of(z))), node_by_node(mish_prime_of)),
    "gelu_tanh": (node_by_node(lambda z: z * sigmoid_of(gelu_tanh_exponent_of(z))),
                  node_by_node(gelu_tanh_prime_of)),
    "softmax": (softmax, None),
}


def half_squared_error(z, a, y):
    """C_0 = 1/2 sum_j (a_j - y_j)^2 (Nielsen, Mazur)."""
    return squared_error(z, a, y) / 2


def half_squared_error_delta(z, a, y, g_prime):
    """delta_j = (a_j - y_j) g'(z_j)."""
    return [d_j / 2 for d_j in squared_error_delta(z, a, y, g_prime)]


def mean_squared_error(z, a, y):
    """C_0 = 1/n_L sum_j (a_j - y_j)^2 (Keras, PyTorch)."""
    return squared_error(z, a, y) / len(y)


def mean_squared_error_delta(z, a, y, g_prime):
    """delta_j = 2/n_L (a_j - y_j) g'(z_j)."""
    return [d_j / len(y) for d_j in squared_error_delta(z, a, y, g_prime)]


def cross_entropy(z, a, y):
    """C_0 = -sum_j y_j ln a_j for a softmax output: sum_j y_j (ln sum_i e^(z_i) - z_j)."""
    top = max(z)
    log_sum = top + math.log(sum(math.exp(z_j - top) for z_j in z))
    return sum(y[j] * (log_sum - z[j]) for j in range(len(y)) if y[j] != 0)


def binary_cross_entropy(z, a, y):
    """C_0 = -sum_j (y_j ln a_j + (1 - y_j) ln(1 - a_j)) for a sigmoid output, from z."""
    return sum(softplus_of(z[j]) - y[j] * z[j] for j in range(len(y)))


def poisson(z, a, y):
    """C_0 = sum_j (a_j - y_j + y_j ln(y_j / a_j)) for an output e^z, from z; 0 ln 0 = 0."""
    return sum(a[j] - y[j] + (y[j] * (math.log(y[j]) - z[j]) if y[j] > 0 else 0.0)
               for j in range(len(y)))


def difference(z, a, y, g_prime):
    """delta_j = a_j - y_j: what the chain rule leaves of each pair.

    The pairs are softmax with cross_entropy, where the y_j sum to 1, sigmoid with
    binary_cross_entropy, and exp with poisson.
    """
    return [a[j] - y[j] for j in range(len(y))]


def of_differences(f):
    """C_0 = sum_j f(a_j - y_j); numbers of its own follow."""
    return lambda z, a, y, *numbers: sum(f(a[j] - y[j], *numbers) for j in range(len(y)))


def delta_of_differences(slope):
    """delta_j = f'(a_j - y_j) g'(z_j)."""
    return lambda z, a, y, g_prime, *numbers: [
        slope(a[j] - y[j], *numbers) * slope_j for j, slope_j in enumerate(g_prime(z))]


def sign_of(r_j):
    """-1, 0 or 1."""
    return float(r_j > 0) - float(r_j < 0)


def huber_of(r_j, delta=1.0):
    """Huber (1964): r^2/2 where |r| <= delta, else delta (|r| - delta/2)."""
    return r_j ** 2 / 2 if abs(r_j) <= delta else delta * (abs(r_j) - delta / 2)


def log_cosh_of(r_j):
    """ln cosh r, as ln(1 + 2 sinh^2(r/2)) where r is small and as |r| + ... where it is large."""
    if abs(r_j) < 1:
        return math.log1p(2 * math.sinh(r_j / 2) ** 2)
    return abs(r_j) + math.log1p(math.exp(-2 * abs(r_j))) - math.log(2)


def quantile_of(r_j, tau=0.5):
    """Koenker and Bassett (1978): tau |r| where a_j < y_j, else (1 - tau) |r|."""
    return -tau * r_j if r_j < 0 else (1 - tau) * r_j


def quantile_prime_of(r_j, tau=0.5):
    """-tau, 1 - tau, and 0 at r = 0."""
    return -tau if r_j < 0 else 1 - tau if r_j > 0 else 0.0


LOSSES = {
    "squared_error": (squared_error, squared_error_delta),
    "half_squared_error": (half_squared_error, half_squared_error_delta),
    "mean_squared_error": (mean_squared_error, mean_squared_error_delta),
    "cross_entropy": (cross_entropy, difference),
    "binary_cross_entropy": (binary_cross_entropy, difference),
    "absolute_error": (of_differences(abs), delta_of_differences(sign_of)),
    "huber": (of_differences(huber_of),
              delta_of_differences(lambda r, delta=1.0: max(-delta, min(r, delta)))),
    "log_cosh": (of_differences(log_cosh_of), delta_of_differences(math.tanh)),
    "poisson": (poisson, difference),
    "quantile": (of_differences(quantile_of), delta_of_differences(quantile_prime_of)),
}


def sgd_rule(w, memory, t, dC_dw, learning_rate):
    """w -= eta dC/dw."""
    return w - learning_rate * dC_dw, ()


def momentum_rule(w, memory, t, dC_dw, learning_rate, momentum):
    """v = mu v - eta dC/dw; w += v."""
    v = momentum * memory[0] - learning_rate * dC_dw
    return w + v, (v,)


def nesterov_rule(w, memory, t, dC_dw, learning_rate, momentum):
    """v = mu v - eta dC/dw; w += mu v - eta dC/dw, which looks ahead."""
    v = momentum * memory[0] - learning_rate * dC_dw
    return w + momentum * v - learning_rate * dC_dw, (v,)


def adam_rule(w, memory, t, dC_dw, learning_rate, beta1, beta2, eps):
    """Kingma and Ba (2015), algorithm 1; t counts steps from 1, eps stands outside the root."""
    m = beta1 * memory[0] + (1 - beta1) * dC_dw
    v = beta2 * memory[1] + (1 - beta2) * dC_dw ** 2
    m_hat = m / (1 - beta1 ** t)
    v_hat = v / (1 - beta2 ** t)
    return w - learning_rate * m_hat / (math.sqrt(v_hat) + eps), (m, v)


def adam_eps_hat_rule(w, memory, t, dC_dw, learning_rate, beta1, beta2, eps):
    """The form at the end of their section 2: eps is added to the root of v itself."""
    m = beta1 * memory[0] + (1 - beta1) * dC_dw
    v = beta2 * memory[1] + (1 - beta2) * dC_dw ** 2
    rate = learning_rate * math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t)
    return w - rate * m / (math.sqrt(v) + eps), (m, v)


def nadam_rule(w, memory, t, dC_dw, learning_rate, beta1, beta2, eps, momentum_decay):
    """Dozat (2016), with a schedule of momenta mu_1, mu_2, ...: P is their product up to mu_t."""
    mu = [beta1 * (1 - 0.96 ** (i * momentum_decay) / 2) for i in range(1, t + 2)]
    P = math.prod(mu[:t])
    m = beta1 * memory[0] + (1 - beta1) * dC_dw
    v = beta2 * memory[1] + (1 - beta2) * dC_dw ** 2
    m_hat = (1 - mu[t - 1]) * dC_dw / (1 - P) + mu[t] * m / (1 - P * mu[t])
    v_hat = v / (1 - beta2 ** t)
    return w - learning_rate * m_hat / (math.sqrt(v_hat) + eps), (m, v)


def rmsprop_rule(w, memory, t, dC_dw, learning_rate, rho, eps):
    """Tieleman and Hinton (2012), with eps outside the root."""
    v = rho * memory[0] + (1 - rho) * dC_dw ** 2
    return w - learning_rate * dC_dw / (math.sqrt(v) + eps), (v,)


def rmsprop_momentum_rule(w, memory, t, dC_dw, learning_rate, rho, eps, momentum):
    """The quotient goes into a velocity u."""
    v = rho * memory[0] + (1 - rho) * dC_dw ** 2
    u = momentum * memory[1] + dC_dw / (math.sqrt(v) + eps)
    return w - learning_rate * u, (v, u)


def rmsprop_centered_rule(w, memory, t, dC_dw, learning_rate, rho, eps):
    """Graves (2013): the variance of the gradient instead of its second moment."""
    v = rho * memory[0] + (1 - rho) * dC_dw ** 2
    m = rho * memory[1] + (1 - rho) * dC_dw
    return w - learning_rate * dC_dw / (math.sqrt(max(0.0, v - m ** 2)) + eps), (v, m)


def rmsprop_centered_momentum_rule(w, memory, t, dC_dw, learning_rate, rho, eps, momentum):
    """Both."""
    v = rho * memory[0] + (1 - rho) * dC_dw ** 2
    m = rho * memory[1] + (1 - rho) * dC_dw
    u = momentum * memory[2] + dC_dw / (math.sqrt(max(0.0, v - m ** 2)) + eps)
    return w - learning_rate * u, (v, m, u)


def adagrad_rule(w, memory, t, dC_dw, learning_rate, initial_accumulator, eps):
    """Duchi, Hazan and Singer (2011), with eps outside the root."""
    s = memory[0] + dC_dw ** 2
    return w - learning_rate * dC_dw / (math.sqrt(s) + eps), (s,)


def rprop_rule(w, memory, t, dC_dw, learning_rate, eta_minus, eta_plus, least_step, largest_step):
    """Igel and Huesken (2003), iRprop-: only signs are compared."""
    previous, step = memory
    if (dC_dw > 0 and previous > 0) or (dC_dw < 0 and previous < 0):
        step *= eta_plus
    elif (dC_dw > 0 and previous < 0) or (dC_dw < 0 and previous > 0):
        step *= eta_minus
        dC_dw = 0.0
    step = max(least_step, min(step, largest_step))
    if dC_dw != 0:
        w -= math.copysign(step, dC_dw)
    return w, (dC_dw, step)


# The start of a memory is a number, or the name of one of the rule's.
RULES = {
    "sgd": (sgd_rule, ()),
    "momentum": (momentum_rule, (0.0,)),
    "nesterov": (nesterov_rule, (0.0,)),
    "adam": (adam_rule, (0.0, 0.0)),
    "adam_eps_hat": (adam_eps_hat_rule, (0.0, 0.0)),
    "rmsprop": (rmsprop_rule, (0.0,)),
    "rmsprop_momentum": (rmsprop_momentum_rule, (0.0, 0.0)),
    "rmsprop_centered": (rmsprop_centered_rule, (0.0, 0.0)),
    "rmsprop_centered_momentum": (rmsprop_centered_momentum_rule, (0.0, 0.0, 0.0)),
    "nadam": (nadam_rule, (0.0, 0.0)),
    "rprop": (rprop_rule, (0.0, "learning_rate")),
    "adagrad": (adagrad_rule, ("initial_accumulator",)),
}
