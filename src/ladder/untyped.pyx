# Plain Python code, compiled: the specification itself, not a letter of it changed.
#
# Idea: compile the loops, and say nothing about types.
# Expected: one and a half to two times faster than interpreted, where the machine could do
#   thousands.
# Why: the interpreter's own loop is gone; the objects are not. Every number is a Python float on
#   the heap, every product makes a new one, every w[l][j][k] asks three lists, and `+` has to
#   find out what it adds.

include "../../fastbp/reference.py"
