# The update rules on whole vectors; the plain kernels' formulas (plain.pxi).
#
# Compilers fuse a product into the sum it goes into. Where two could be fused, `rounded` keeps one
# apart: a weight's new bits do not depend on which loop moved it.

ctypedef struct Rates:
    RuleId rule
    vec scale
    vec rate     # learning rate times scale; of Adam, over 1 - beta1^t
    vec decay    # learning rate times l2; of Adam, l2
    vec mu       # or beta1
    vec rest1    # 1 - beta1
    vec beta2
    vec rest2
    vec root     # 1 / (1 - beta2^t)
    vec eps


cdef void set_rates(const Update *u, Rates *r) noexcept nogil:
    r.rule = u.rule
    r.scale, r.mu = splat(<real> u.scale), splat(<real> u.momentum)
    if u.rule != ADAM:
        r.rate = splat(sgd_rate(u))
        r.decay = splat(<real> (u.learning_rate * u.l2))
        return
    r.rate = splat(<real> (u.learning_rate / u.correction1))
    r.decay = splat(<real> u.l2)
    r.rest1 = splat(<real> (1 - u.momentum))  # not 1 - beta1: the float32 0.999 is 1e-8 off
    r.beta2, r.rest2 = splat(<real> u.beta2), splat(<real> (1 - u.beta2))
    r.root, r.eps = splat(<real> (1 / u.correction2)), splat(<real> u.eps)


cdef inline real sgd_rate(const Update *u) noexcept nogil:
    return <real> (u.learning_rate * u.scale)


cdef inline bint is_plain(const Update *u) noexcept nogil:
    return u.rule == PLAIN_SGD and u.l2 == 0


cdef void move_by_sgd(const Rates *r, real *w, real *v, real *unused, Py_ssize_t ld,
                      const real *dw, Py_ssize_t ld_dw, Py_ssize_t n_rows,
                      Py_ssize_t n_vectors) noexcept nogil:
    cdef Py_ssize_t k, i, j
    cdef vec x
    for k in range(n_rows):
        for i in range(n_vectors):
            j = k * ld + i * LANES
            x = load(w + j)
            store(w + j, moved_by_sgd(x - r.decay * x, load(dw + k * ld_dw + i * LANES), r.rate))


cdef void move_by_momentum(const Rates *r, real *w, real *v, real *unused, Py_ssize_t ld,
                           const real *dw, Py_ssize_t ld_dw, Py_ssize_t n_rows,
                           Py_ssize_t n_vectors) noexcept nogil:
    cdef Py_ssize_t k, i, j
    cdef vec step, velocity
    for k in range(n_rows):
        for i in range(n_vectors):
            j = k * ld + i * LANES
            step = r.rate * load(dw + k * ld_dw + i * LANES) + rounded(r.decay * load(w + j))
            velocity = r.mu * load(v + j) - step
            store(v + j, velocity)
            if r.rule == NESTEROV:
                velocity = r.mu * velocity - step
            store(w + j, load(w + j) + velocity)


cdef void move_by_adam(const Rates *rates, real *w, real *m, real *v, Py_ssize_t ld,
                       const real *dw, Py_ssize_t ld_dw, Py_ssize_t n_rows,
                       Py_ssize_t n_vectors) noexcept nogil:
    cdef Rates r = rates[0]  # a copy stays in registers: no store can change it
    cdef Py_ssize_t k, i, j
    cdef vec x, dC_dw, mean, square
    for k in range(n_rows):
        for i in range(n_vectors):
            j = k * ld + i * LANES
            x = load(w + j)
            dC_dw = r.scale * load(dw + k * ld_dw + i * LANES) + rounded(r.decay * x)
            mean = r.mu * load(m + j) + rounded(r.rest1 * dC_dw)
            square = r.beta2 * load(v + j) + rounded(r.rest2 * dC_dw * dC_dw)
            store(m + j, mean)
            store(v + j, square)
            store(w + j, x - rounded(r.rate * mean)
                  / (square_root(rounded(r.root * square)) + r.eps))


# Moves n_rows rows of a matrix, or of a tile of it.
ctypedef void (*move_t)(const Rates *r, real *w, real *state1, real *state2, Py_ssize_t ld,
                        const real *dw, Py_ssize_t ld_dw, Py_ssize_t n_rows,
                        Py_ssize_t n_vectors) noexcept nogil
cdef move_t MOVE[4]  # by RuleId
MOVE[:] = [move_by_sgd, move_by_momentum, move_by_momentum, move_by_adam]


cdef inline real *memory_at(real *state, Py_ssize_t at) noexcept nogil:
    """A place in a rule's memory, if it has one."""
    return NULL if state == NULL else state + at


cdef void tuned_update(const Update *u, real *w, const real *dw, real *state1, real *state2,
                       Py_ssize_t ld, Py_ssize_t n_rows, Py_ssize_t n_out) noexcept nogil:
    cdef Rates r
    set_rates(u, &r)
    MOVE[<int> u.rule](&r, w, state1, state2, ld, dw, ld, n_rows, vectors_in(n_out))
