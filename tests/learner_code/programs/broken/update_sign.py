# update: update_sign


def update(w, b, dw, db, learning_rate):
    for j in range(len(w)):
        for k in range(len(w[j])):
            w[j][k] += learning_rate * dw[j][k]
        b[j] += learning_rate * db[j]
