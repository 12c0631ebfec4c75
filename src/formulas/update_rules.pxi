# The update rules: each formula once, for a `vec` (see activations.pxi).
#
# For each row of RULES in fastbp/operations.py there is <name>_rates, which lays the numbers of an
# update out for its step, and updated_by_<name>, the new w; where the rule remembers something, its
# memories come in and go out by pointers. dw is the sum of the samples' gradients.
#
# Compilers fuse a product into the sum it goes into. Where two could be fused, `no_fma` keeps one
# apart: a weight's new bits do not depend on which loop updated it.
#
# Needs: real, kernels.pxd; one_lane.pxi, or vector_maths.pxi and vectors.pxi.
# Gives: Rates, set_rates, sgd_rate, sgd_update, update_rows_of, update_rows_t.

from libc.math cimport sqrt as root_of_double  # `sqrt` is that of `real` in the plain set

# What options do before and after a rule.
ctypedef struct OptionRates:
    bint prepares     # whether the rule gets the mean gradient; else it makes that of sums
    bint decays
    vec scale         # 1 / samples
    vec clip_value
    vec l1
    vec l2
    vec weight_decay  # learning rate times it
    vec average_share
    bint averages

ctypedef struct Rates:
    OptionRates options
    vec scale    # 1 / samples
    vec rate     # learning rate times scale; of Adam, over 1 - beta1^t
    vec decay    # learning rate times l2; of Adam, l2
    vec mu       # or beta1
    vec rest1    # 1 - beta1
    vec beta2    # or rho
    vec rest2
    vec root     # 1 / (1 - beta2^t); 1 with eps_hat
    vec eps
    vec moment_rate   # of NAdam: m's, where `rate` is the gradient's
    vec shrink        # of RProp: eta_minus, eta_plus
    vec grow
    vec least         # and the limits of the steps
    vec most


# What a rule remembers, or 0 where it is subnormal. Without gradients a memory would decay to four
# times the smallest number or so, whose nine tenths round to it again, and each operation on it
# takes some hundred cycles.
cdef inline vec remembered(vec x) noexcept nogil:
    return where_less(absolute(x), constant(2.0 ** -126, 2.0 ** -1022), splat(0), x)


cdef inline real sgd_rate(const Update *u) noexcept nogil:
    return <real> (rate_of(u) * u.scale)

cdef inline void sgd_rates(const Update *u, Rates *r) noexcept nogil:
    r.rate = splat(sgd_rate(u))
    r.decay = splat(<real> (rate_of(u) * u.l2))

cdef inline vec sgd_update(vec w, vec dw, vec rate) noexcept nogil:
    return w - rate * dw

cdef inline vec updated_by_sgd(const Rates *r, vec w, vec dw) noexcept nogil:
    return sgd_update(w - r.decay * w, dw, r.rate)


cdef inline void momentum_rates(const Update *u, Rates *r) noexcept nogil:
    sgd_rates(u, r)
    r.mu = splat(<real> u.numbers.momentum)

cdef inline vec velocity_step(const Rates *r, vec w, vec dw) noexcept nogil:
    return r.rate * dw + no_fma(r.decay * w)

cdef inline vec updated_by_momentum(const Rates *r, vec w, vec dw, vec *v) noexcept nogil:
    v[0] = r.mu * remembered(v[0]) - velocity_step(r, w, dw)
    return w + v[0]


cdef inline void nesterov_rates(const Update *u, Rates *r) noexcept nogil:
    momentum_rates(u, r)

cdef inline vec updated_by_nesterov(const Rates *r, vec w, vec dw, vec *v) noexcept nogil:
    cdef vec step = velocity_step(r, w, dw)
    v[0] = r.mu * remembered(v[0]) - step
    return w + (r.mu * v[0] - step)


cdef inline void mean_gradient_rates(const Update *u, Rates *r) noexcept nogil:
    r.scale, r.decay = splat(<real> u.scale), splat(<real> u.l2)

# The mean over the batch, with L2's part.
cdef inline vec mean_gradient(const Rates *r, vec w, vec dw) noexcept nogil:
    return r.scale * dw + no_fma(r.decay * w)


cdef inline void adam_moments_rates(const Update *u, Rates *r) noexcept nogil:
    cdef const Numbers *given = &u.numbers
    mean_gradient_rates(u, r)
    r.mu, r.beta2 = splat(<real> given.beta1), splat(<real> given.beta2)
    # Not 1 - beta1 of those: the float32 0.999 is 1e-8 off.
    r.rest1, r.rest2 = splat(<real> (1 - given.beta1)), splat(<real> (1 - given.beta2))
    r.root, r.eps = splat(<real> (1 / u.of_step.correction2)), splat(<real> given.eps)

cdef inline void adam_rates(const Update *u, Rates *r) noexcept nogil:
    adam_moments_rates(u, r)
    r.rate = splat(<real> (rate_of(u) / u.of_step.correction1))

# m and v; returns what m is divided by.
cdef inline vec adam_divisor(const Rates *r, vec dC_dw, vec *m, vec *v) noexcept nogil:
    m[0] = r.mu * remembered(m[0]) + no_fma(r.rest1 * dC_dw)
    v[0] = r.beta2 * remembered(v[0]) + no_fma(r.rest2 * dC_dw * dC_dw)
    return square_root(no_fma(r.root * v[0])) + r.eps

cdef inline vec updated_by_adam(const Rates *r, vec w, vec dw, vec *m, vec *v) noexcept nogil:
    cdef vec divisor = adam_divisor(r, mean_gradient(r, w, dw), m, v)
    return w - no_fma(r.rate * m[0]) / divisor


# v is left as it is, and its correction goes into the rate; in scikit-learn's order.
cdef inline void adam_eps_hat_rates(const Update *u, Rates *r) noexcept nogil:
    cdef double rate = rate_of(u) * root_of_double(u.of_step.correction2)
    adam_moments_rates(u, r)
    r.root = splat(1)
    r.rate = splat(<real> (rate / u.of_step.correction1))

cdef inline vec updated_by_adam_eps_hat(const Rates *r, vec w, vec dw,
                                        vec *m, vec *v) noexcept nogil:
    return updated_by_adam(r, w, dw, m, v)


cdef inline void nadam_rates(const Update *u, Rates *r) noexcept nogil:
    cdef double learning_rate = rate_of(u)
    adam_moments_rates(u, r)
    r.rate = splat(<real> (learning_rate * u.of_step.gradient_share))
    r.moment_rate = splat(<real> (learning_rate * u.of_step.moment_share))

cdef inline vec updated_by_nadam(const Rates *r, vec w, vec dw, vec *m, vec *v) noexcept nogil:
    cdef vec dC_dw = mean_gradient(r, w, dw)
    cdef vec divisor = adam_divisor(r, dC_dw, m, v)
    return w - (r.rate * dC_dw + no_fma(r.moment_rate * m[0])) / divisor


cdef inline void rmsprop_rates(const Update *u, Rates *r) noexcept nogil:
    cdef const Numbers *given = &u.numbers
    mean_gradient_rates(u, r)
    r.rate, r.eps = splat(<real> rate_of(u)), splat(<real> given.eps)
    r.beta2, r.rest2 = splat(<real> given.rho), splat(<real> (1 - given.rho))
    r.mu = splat(<real> given.momentum)

cdef inline void rmsprop_momentum_rates(const Update *u, Rates *r) noexcept nogil:
    rmsprop_rates(u, r)

cdef inline void rmsprop_centered_rates(const Update *u, Rates *r) noexcept nogil:
    rmsprop_rates(u, r)

cdef inline void rmsprop_centered_momentum_rates(const Update *u, Rates *r) noexcept nogil:
    rmsprop_rates(u, r)

# v and m; returns dC/dw divided by the root of v, or of v - m^2, which rounding may make negative.
cdef inline vec rmsprop_step(const Rates *r, vec dC_dw, vec *v) noexcept nogil:
    v[0] = r.beta2 * remembered(v[0]) + no_fma(r.rest2 * dC_dw * dC_dw)
    return dC_dw / (square_root(v[0]) + r.eps)

cdef inline vec rmsprop_centered_step(const Rates *r, vec dC_dw, vec *v, vec *m) noexcept nogil:
    v[0] = r.beta2 * remembered(v[0]) + no_fma(r.rest2 * dC_dw * dC_dw)
    m[0] = r.beta2 * remembered(m[0]) + no_fma(r.rest2 * dC_dw)
    return dC_dw / (square_root(at_least(splat(0), v[0] - no_fma(m[0] * m[0]))) + r.eps)

cdef inline vec updated_by_rmsprop(const Rates *r, vec w, vec dw, vec *v) noexcept nogil:
    return w - r.rate * rmsprop_step(r, mean_gradient(r, w, dw), v)

cdef inline vec updated_by_rmsprop_momentum(const Rates *r, vec w, vec dw,
                                            vec *v, vec *u) noexcept nogil:
    u[0] = r.mu * remembered(u[0]) + rmsprop_step(r, mean_gradient(r, w, dw), v)
    return w - r.rate * u[0]

cdef inline vec updated_by_rmsprop_centered(const Rates *r, vec w, vec dw,
                                            vec *v, vec *m) noexcept nogil:
    return w - r.rate * rmsprop_centered_step(r, mean_gradient(r, w, dw), v, m)

cdef inline vec updated_by_rmsprop_centered_momentum(const Rates *r, vec w, vec dw,
                                                     vec *v, vec *m, vec *u) noexcept nogil:
    u[0] = r.mu * remembered(u[0]) + rmsprop_centered_step(r, mean_gradient(r, w, dw), v, m)
    return w - r.rate * u[0]


cdef inline void adagrad_rates(const Update *u, Rates *r) noexcept nogil:
    mean_gradient_rates(u, r)
    r.rate, r.eps = splat(<real> rate_of(u)), splat(<real> u.numbers.eps)

cdef inline vec updated_by_adagrad(const Rates *r, vec w, vec dw, vec *s) noexcept nogil:
    cdef vec dC_dw = mean_gradient(r, w, dw)
    s[0] = s[0] + dC_dw * dC_dw
    return w - no_fma(r.rate * dC_dw) / (square_root(s[0]) + r.eps)


cdef inline void rprop_rates(const Update *u, Rates *r) noexcept nogil:
    cdef const Numbers *given = &u.numbers
    mean_gradient_rates(u, r)
    r.shrink, r.grow = splat(<real> given.eta_minus), splat(<real> given.eta_plus)
    r.least, r.most = splat(<real> given.least_step), splat(<real> given.largest_step)
    r.rate = splat(<real> u.factor)

cdef inline vec sign_of(vec x) noexcept nogil:
    return where_equal(x, splat(0), splat(0), with_sign_of(splat(1), x))

# The product of the gradients themselves would be 0 where both are small.
cdef inline vec updated_by_rprop(const Rates *r, vec w, vec dw,
                                 vec *previous, vec *step) noexcept nogil:
    cdef vec dC_dw = mean_gradient(r, w, dw), zero = splat(0), sign = sign_of(dC_dw)
    cdef vec agreement = sign * sign_of(previous[0])
    cdef vec longer = where_less(zero, agreement, r.grow, splat(1))
    cdef vec size = step[0] * where_less(agreement, zero, r.shrink, longer)
    step[0] = at_least(r.least, at_most(r.most, size))
    previous[0] = where_less(agreement, zero, zero, dC_dw)
    # A NaN or infinity has a sign, but is to be seen in w: 0 times it is NaN.
    cdef vec move = step[0] * where_less(agreement, zero, zero, sign)
    return w - r.rate * move - zero * dC_dw


# ------------------------------------------------------------------------------ options

# The mean gradient, clipped, then with the penalties' parts; l1's is 0 where w is.
cdef inline vec optional_gradient(const OptionRates *o, vec w, vec dw) noexcept nogil:
    cdef vec mean = at_most(o.clip_value, at_least(-o.clip_value, o.scale * dw))
    return mean + (o.l2 * w + no_fma(o.l1 * sign_of(w)))

cdef inline vec decayed(const OptionRates *o, vec w) noexcept nogil:
    return w - o.weight_decay * w

cdef inline vec averaged(const OptionRates *o, vec average, vec w) noexcept nogil:
    return average + o.average_share * (w - average)

cdef void set_option_rates(const Update *u, OptionRates *o) noexcept nogil:
    o.scale, o.clip_value = splat(<real> u.scale), splat(<real> u.clip_value)
    o.l1, o.l2 = splat(<real> u.l1), splat(<real> u.l2)
    o.weight_decay = splat(<real> (rate_of(u) * u.weight_decay))
    o.prepares, o.decays = prepares_gradient(u), u.weight_decay != 0
    o.average_share, o.averages = splat(<real> u.average_share), u.average_share != 0


# Updates n_rows rows of a matrix, or of a tile of it. `memories` and `place` as in `update_t`.
ctypedef void (*update_rows_t)(const Rates *r, real *w, void **memories, Py_ssize_t place,
                               Py_ssize_t ld, const real *dw, Py_ssize_t ld_dw,
                               Py_ssize_t n_rows, Py_ssize_t n_vectors) noexcept nogil

# By RuleId: the rule alone, with l2; and with all options.
cdef update_rows_t UPDATE_ROWS[N_RULES]
cdef update_rows_t OPTION_ROWS[N_RULES]

include "update_loops.pxi"


cdef inline update_rows_t update_rows_of(const Update *u) noexcept nogil:
    return OPTION_ROWS[<int> u.rule] if has_options(u) else UPDATE_ROWS[<int> u.rule]


cdef inline void set_rates(const Update *u, Rates *r) noexcept nogil:
    cdef Update of_rule
    if not has_options(u):
        set_rule_rates(u, r)
        return
    of_rule = u[0]
    if prepares_gradient(u):  # which is a mean then, with the penalties in it
        of_rule.scale, of_rule.l2 = 1, 0
    set_rule_rates(&of_rule, r)
    set_option_rates(u, &r.options)
