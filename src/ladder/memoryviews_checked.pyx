# cython: boundscheck=True, wraparound=True, initializedcheck=True
# Typed memoryviews: arrays whose numbers C can reach, every index checked.
#
# Idea: the numbers leave their objects and lie side by side, as C's float or double.
# Expected: ten times faster than lists with typed variables, and more.
# Why: w[j, k] is an address and a multiplication now, and the loops meet no object. Each index is
#   still compared with the shape, and a negative one counts from the end, as in Python (Cython's
#   boundscheck and wraparound): a mistake raises IndexError, where the next rung would read
#   anything.

include "memoryviews.pyx"
