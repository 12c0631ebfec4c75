import math

LOSS = "half_squared_error"
SIZES = (2, 2, 2)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def step(x, y, w, b, eta):
    i1, i2 = x
    t1, t2 = y
    (w1, w2), (w3, w4) = w[0]
    (w5, w6), (w7, w8) = w[1]
    (b1, b2), (b3, b4) = b

    net_h1 = w1 * i1 + w2 * i2 + b1
    net_h2 = w3 * i1 + w4 * i2 + b2
    out_h1 = sigmoid(net_h1)
    out_h2 = sigmoid(net_h2)
    net_o1 = w5 * out_h1 + w6 * out_h2 + b3
    net_o2 = w7 * out_h1 + w8 * out_h2 + b4
    out_o1 = sigmoid(net_o1)
    out_o2 = sigmoid(net_o2)

    delta_o1 = -(t1 - out_o1) * out_o1 * (1 - out_o1)
    delta_o2 = -(t2 - out_o2) * out_o2 * (1 - out_o2)
    delta_h1 = (delta_o1 * w5 + delta_o2 * w7) * out_h1 * (1 - out_h1)
    delta_h2 = (delta_o1 * w6 + delta_o2 * w8) * out_h2 * (1 - out_h2)

    new_w5 = w5 - eta * delta_o1 * out_h1
    new_w6 = w6 - eta * delta_o1 * out_h2
    new_w7 = w7 - eta * delta_o2 * out_h1
    new_w8 = w8 - eta * delta_o2 * out_h2
    new_w1 = w1 - eta * delta_h1 * i1
    new_w2 = w2 - eta * delta_h1 * i2
    new_w3 = w3 - eta * delta_h2 * i1
    new_w4 = w4 - eta * delta_h2 * i2
    new_b = [[b1 - eta * delta_h1, b2 - eta * delta_h2], [b3 - eta * delta_o1, b4 - eta * delta_o2]]
    return [[[new_w1, new_w2], [new_w3, new_w4]], [[new_w5, new_w6], [new_w7, new_w8]]], new_b
