# What the numbers of some update rules come to in step t = 1, 2, ...: for each row of RULES in
# fastbp/operations.py that has step numbers, <name>_step_numbers sets its own.
#
# Needs: kernels.pxd.
# Gives: everything below.

from libc.math cimport pow

cdef inline void adam_step_numbers(const Numbers *given, double t,
                                   StepNumbers *numbers) noexcept nogil:
    numbers.correction1 = 1 - pow(given.beta1, t)
    numbers.correction2 = 1 - pow(given.beta2, t)

cdef inline void adamw_step_numbers(const Numbers *given, double t,
                                    StepNumbers *numbers) noexcept nogil:
    adam_step_numbers(given, t, numbers)
