# What the numbers of some update rules come to in step t = 1, 2, ...: for each row of RULES in
# fastbp/operations.py that has step numbers, <name>_step_numbers sets its own. And the share that
# the new weights have in a moving average of n steps.
#
# Needs: kernels.pxd.
# Gives: adam_eps_hat_step_numbers, adam_step_numbers, average_share, nadam_step_numbers.

from libc.math cimport pow

# 1 in the first step: the average is w.
cdef inline double average_share(double ema, double n) noexcept nogil:
    return (1 - ema) / (1 - pow(ema, n))


cdef inline void adam_step_numbers(const Numbers *given, double t,
                                   StepNumbers *numbers) noexcept nogil:
    numbers.correction1 = 1 - pow(given.beta1, t)
    numbers.correction2 = 1 - pow(given.beta2, t)

cdef inline void adam_eps_hat_step_numbers(const Numbers *given, double t,
                                           StepNumbers *numbers) noexcept nogil:
    adam_step_numbers(given, t, numbers)

# P_t = mu_1 ... mu_t, where mu_i = beta1 (1 - q^i / 2). Once q^i is below half a unit in the last
# place of 1, mu_i is beta1; once the product is, it is as good as 0 beside 1. One of the two takes
# some 50 steps with the usual numbers, and 2,400 with the worst.
cdef inline void nadam_step_numbers(const Numbers *given, double t,
                                    StepNumbers *numbers) noexcept nogil:
    cdef double decay = given.momentum_decay, q = pow(0.96, decay), negligible = 2.0 ** -54
    cdef double mu = given.beta1 * (1 - pow(0.96, decay * t) / 2)
    cdef double next_mu = given.beta1 * (1 - pow(0.96, decay * (t + 1)) / 2)
    cdef double product = 1, power = 1, i = 0
    while i < t and power > negligible and product > negligible:
        i += 1
        power *= q
        product *= given.beta1 * (1 - power / 2)
    product *= pow(given.beta1, t - i)
    numbers.correction2 = 1 - pow(given.beta2, t)
    numbers.gradient_share = (1 - mu) / (1 - product)
    numbers.moment_share = next_mu / (1 - product * next_mu)
