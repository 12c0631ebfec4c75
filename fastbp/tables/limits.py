"""How large a table and the whole numbers in it may be."""

#: More cells than a machine has room for, of a sparse file that says them in few bytes.
MOST_CELLS = 1 << 31
#: More columns than any table for a dense network has; a line of commas has a billion.
MOST_COLUMNS = 250_000
#: Beyond it not every whole number is a float64; the one that is read may be the next one.
LARGEST_WHOLE = 2**53
