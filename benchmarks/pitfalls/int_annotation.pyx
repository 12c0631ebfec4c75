# wrong
def wrong(rate: int, gradient: float):
    return rate * gradient


# right
def right(rate: float, gradient: float):
    return rate * gradient
