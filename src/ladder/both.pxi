# The end of a rung whose loops are written for `real`, that is for both number types.
#
# Needs: accumulate, backward, forward, K_MAJOR, loops.pxd.
# Gives: nothing.

include "tables.pxi"

of_float32.k_major = of_float64.k_major = K_MAJOR
of_float32.forward = <forward_t> forward[float]
of_float64.forward = <forward_t> forward[double]
of_float32.backward = <backward_t> backward[float]
of_float64.backward = <backward_t> backward[double]
of_float32.accumulate = <accumulate_t> accumulate[float]
of_float64.accumulate = <accumulate_t> accumulate[double]
