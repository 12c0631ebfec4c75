# backward: failed
def backward(w, delta, a):
    below = []
    for k in range(len(a)):
        total = 0
        for j in range(len(delta) + 1):
            total += w[j][k] * delta[j]
        below.append(a[k] * (1 - a[k]) * total)
    return below
