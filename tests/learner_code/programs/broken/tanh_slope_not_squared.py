# tanh_prime: slope_half
import math


def tanh_prime(z):
    return 1 - math.tanh(z)
