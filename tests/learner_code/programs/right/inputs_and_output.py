from math import exp


def sigmoid(x):
    return 1 / (1 + exp(-x))


def sigmoid_derivative(x):
    s = sigmoid(x)
    return s * (1 - s)


def forward(weights, bias, inputs):
    z = []
    for j in range(len(weights)):
        s = bias[j]
        for k in range(len(inputs)):
            s = s + weights[j][k] * inputs[k]
        z.append(s)
    return z, [sigmoid(v) for v in z]


def output_delta(z, output, target):
    delta = []
    for j in range(len(target)):
        error = output[j] - target[j]
        delta.append(2 * error * sigmoid_derivative(z[j]))
    return delta


def backward(weights, delta, z):
    result = []
    for k in range(len(z)):
        error = 0
        for j in range(len(delta)):
            error += weights[j][k] * delta[j]
        result.append(error * sigmoid_derivative(z[k]))
    return result


def accumulate(delta, inputs, grad_w, grad_b):
    for j in range(len(delta)):
        grad_b[j] += delta[j]
        for k in range(len(inputs)):
            grad_w[j][k] += delta[j] * inputs[k]


def update_weights(weights, bias, grad_w, grad_b, learning_rate):
    for j in range(len(weights)):
        for k in range(len(weights[j])):
            weights[j][k] -= learning_rate * grad_w[j][k]
        bias[j] -= learning_rate * grad_b[j]
