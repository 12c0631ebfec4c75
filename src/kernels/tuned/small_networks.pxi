# Networks of a few nodes, one sample a step: every layer is one vector, and stays in registers.
#
# A step of such a network takes as long as its longest chain of dependent operations, so nothing on
# that chain goes through memory that need not. For the way back a transposed copy of w is kept and
# moved along with w: each number by the same operations, so the two never differ by a bit, nor do
# these steps from those of the other kernels.
#
# Needs: real, activations.pxi, kernels.pxd, losses.pxi, row_operations.pxi, rows.pxi, tuned.pxi,
#   update_rules.pxi, vectors.pxi.
# Gives: small_steps.

cdef inline double sum_of_first(vec terms, Py_ssize_t n) noexcept nogil:
    cdef doubles_t total = no_doubles()
    cdef Py_ssize_t j
    for j in range(n):
        total = plus(total, lane(terms, j))
    return double_of_lane(total, 0)


cdef inline double squares_of_first(vec errors, Py_ssize_t n) noexcept nogil:
    cdef doubles_t total = no_doubles()
    cdef Py_ssize_t j
    for j in range(n):
        total = plus_squares(total, lane(errors, j))
    return double_of_lane(total, 0)


cdef Py_ssize_t small_steps(const SmallNetwork *net, const Source *X, const Source *Y,
                            const Py_ssize_t *order, Py_ssize_t first, Py_ssize_t last,
                            bint check, double *C, Py_ssize_t *n_correct) noexcept nogil:
    cdef real *storage = <real *> net.storage
    cdef const double *weights = net.weights
    cdef vec a[SMALL_LAYERS + 1]
    cdef vec saved[SMALL_LAYERS + 1]
    cdef vec transposed[SMALL_LAYERS + 1][LARGEST_VECTOR]  # rows j of w^(l) as vectors over k
    cdef real x[LARGEST_VECTOR]
    cdef real y[LARGEST_VECTOR]
    cdef real softened[LARGEST_VECTOR]
    cdef real of_row[LARGEST_VECTOR]
    cdef Py_ssize_t i, l, j, k, row, correct, L = net.L, n_L = net.layers[L].n_out
    cdef double factor = loss_factor(net.loss.id, n_L), C_0, weight = 1
    cdef vec z, of_y, term, delta, below, c = splat(<real> factor)
    cdef vec rate = splat(<real> net.learning_rate)
    cdef const Layer *layer
    cdef real *w
    z = of_y = delta = splat(0)
    for k in range(LARGEST_VECTOR):
        x[k] = y[k] = softened[k] = of_row[k] = 0
    for l in range(2, L + 1):
        layer = net.layers + l
        for j in range(layer.n_out):
            for k in range(layer.n_in):
                of_row[k] = storage[layer.w + k * layer.ld + j]
            transposed[l][j] = load(of_row)
        for k in range(layer.n_in):
            of_row[k] = 0
    for i in range(first, last):
        row = i if order == NULL else order[i]
        if not is_within(X, Y, row):
            return i - first
        if not (gather_row(X, row, x) and gather_row(Y, row, y)):
            return i - first
        if check and not (all_finite(x, X.n_columns) and all_finite(y, Y.n_columns)):
            return i - first
        if weights != NULL:
            weight = weights[row]
            if weight == 0:
                continue

        a[0] = below = load(x)
        of_y = load(y)
        if net.softening != NULL:
            soften_rows(y, <const real *> net.softening, softened, net.layers[L].ld, False, 1, n_L)
            of_y = load(softened)
        for l in range(1, L + 1):
            layer = net.layers + l
            w = storage + layer.w
            z = load(storage + layer.b)
            for k in range(layer.n_in):
                z = z + lane(below, k) * load(w + k * layer.ld)
            a[l] = below = first_lanes(g_of(&layer.activation, z), layer.n_out, splat(0))
            saved[l] = below
            if keeps_slope(layer.activation.id):
                saved[l] = slope_of(&layer.activation, z, below)

        term = loss_term(net.loss, z, below, of_y, splat(0), splat(0))
        C_0 = factor * (squares_of_first(term, n_L) if sums_squares(net.loss.id)
                        else sum_of_first(term, n_L))
        delta = loss_delta(net.loss, below, of_y, c)
        if takes_slope(net.loss.id):
            delta = delta * slope_of(&net.layers[L].activation, z, below)
        if not C_0 - C_0 == 0:  # not finite
            return i - first
        C[0] += no_fma_double(weight * C_0)
        if net.count != COUNT_NOTHING:
            store(of_row, a[L])
            correct = count_correct(of_row, y, 0, 1, n_L) if net.count == COUNT_LARGEST \
                else count_exact(of_row, y, 0, 1, n_L)
            if weights != NULL:
                net.right[0] += weight * correct
            else:
                n_correct[0] += correct

        for l in range(L, 0, -1):
            layer = net.layers + l
            w = storage + layer.w
            below = splat(0)
            if l > 1:
                for j in range(layer.n_out):
                    below = below + lane(delta, j) * transposed[l][j]
                    transposed[l][j] = sgd_update(
                        transposed[l][j], no_fma(lane(delta, j) * a[l - 1]), rate)
            for k in range(layer.n_in):
                sgd_update_at(w + k * layer.ld, no_fma(lane(a[l - 1], k) * delta), rate)
            if net.learns_biases:
                sgd_update_at(storage + layer.b, delta, rate)
            delta = below * slope_of_saved(&net.layers[l - 1].activation, saved[l - 1])
    return last - first
