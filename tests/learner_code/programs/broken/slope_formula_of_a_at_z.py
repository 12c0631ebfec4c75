# backward: z_taken_for_a


def backward(w, delta, z):
    below = []
    for k in range(len(z)):
        total = 0
        for j in range(len(delta)):
            total += w[j][k] * delta[j]
        below.append(total * z[k] * (1 - z[k]))
    return below
