# wrong
def wrong(float rate):
    return rate == 0.1


# right
def right(float rate):
    return rate == <float>0.1
