/* Plain C: the loops of axpy, with the same flags.
 *
 * Idea: no Cython between the loops and the compiler.
 * Expected: the same time as axpy.
 * Why: Cython writes the same C. What it adds (objects, checks, references) it adds where there
 *   are Python objects, and these loops have none. One word of C it cannot write before Cython
 *   3.3: with `restrict` on the pointers, which promises that the arrays do not overlap, GCC
 *   would not compare addresses before each innermost loop, a quarter of the time where those
 *   have 30 rounds.
 *
 * Included once for each number type, with NAME(f) and `real` defined.
 */

static void NAME(forward)(const real *w, const real *b,
                          const real *below, real *z,
                          ptrdiff_t m, ptrdiff_t n_in, ptrdiff_t n_out) {
    for (ptrdiff_t i = 0; i < m; i++) {
        for (ptrdiff_t j = 0; j < n_out; j++)
            z[i * n_out + j] = b[j];
        for (ptrdiff_t k = 0; k < n_in; k++) {
            real a_k = below[i * n_in + k];
            for (ptrdiff_t j = 0; j < n_out; j++)
                z[i * n_out + j] += w[k * n_out + j] * a_k;
        }
    }
}

static void NAME(backward)(const real *w, const real *delta,
                           real *delta_below,
                           ptrdiff_t m, ptrdiff_t n_in, ptrdiff_t n_out) {
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t k = 0; k < n_in; k++) {
            real dC_da_k = 0;
            for (ptrdiff_t j = 0; j < n_out; j++)
                dC_da_k += w[k * n_out + j] * delta[i * n_out + j];
            delta_below[i * n_in + k] = dC_da_k;
        }
}

static void NAME(accumulate)(const real *delta, const real *below,
                             real *dw, real *db,
                             ptrdiff_t m, ptrdiff_t n_in, ptrdiff_t n_out) {
    for (ptrdiff_t k = 0; k < n_in; k++) {
        for (ptrdiff_t j = 0; j < n_out; j++)
            dw[k * n_out + j] = 0;
        for (ptrdiff_t i = 0; i < m; i++) {
            real a_k = below[i * n_in + k];
            for (ptrdiff_t j = 0; j < n_out; j++)
                dw[k * n_out + j] += delta[i * n_out + j] * a_k;
        }
    }
    for (ptrdiff_t j = 0; j < n_out; j++)
        db[j] = 0;
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t j = 0; j < n_out; j++)
            db[j] += delta[i * n_out + j];
}
