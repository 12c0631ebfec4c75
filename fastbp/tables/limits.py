"""How large a table may be."""

#: More cells than a machine has room for, of a sparse file that says them in few bytes.
MOST_CELLS = 1 << 31
#: More columns than any table for a dense network has; a line of commas has a billion.
MOST_COLUMNS = 250_000
