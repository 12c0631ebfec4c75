# wrong
def wrong(float x):
    return x


# right
def right(x: float):
    return x
