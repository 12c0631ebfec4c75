# weighted_input: misses_last_k
def weighted_input(w, b, a):
    return [b[j] + sum(w[j][k] * a[k] for k in range(len(a) - 1)) for j in range(len(w))]
