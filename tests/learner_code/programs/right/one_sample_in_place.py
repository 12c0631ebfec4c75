import math


def step(x, y, w, b, learning_rate):
    outputs = [x]
    for w_l, b_l in zip(w, b):
        below = outputs[-1]
        outputs.append([])
        for j in range(len(w_l)):
            z = b_l[j] + sum(w_l[j][k] * below[k] for k in range(len(below)))
            outputs[-1].append(math.tanh(z))
    errors = [2 * (a - t) * (1 - a * a) for a, t in zip(outputs[-1], y)]
    all_errors = [errors]
    for l in range(len(w) - 1, 0, -1):
        errors = [
            (1 - outputs[l][k] ** 2) * sum(w[l][j][k] * errors[j] for j in range(len(errors)))
            for k in range(len(outputs[l]))
        ]
        all_errors.insert(0, errors)
    cost = sum((a - t) ** 2 for a, t in zip(outputs[-1], y))
    for l, errors in enumerate(all_errors):
        for j, error in enumerate(errors):
            for k, a in enumerate(outputs[l]):
                w[l][j][k] -= learning_rate * error * a
            b[l][j] -= learning_rate * error
    return cost


ACTIVATION = OUTPUT_ACTIVATION = "tanh"
