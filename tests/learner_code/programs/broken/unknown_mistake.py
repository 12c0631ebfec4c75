# forward: unknown
import math


def forward(w, b, a):
    return [math.atan(b[j] + sum(w[j][k] * a[k] for k in range(len(a)))) for j in range(len(w))]
