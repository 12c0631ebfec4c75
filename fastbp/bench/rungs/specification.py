"""The specification, fastbp.reference: lists and loops, one line for each line of the notation.

Idea: write the textbook down and run it.
Expected: the slowest rung but one; some 20 to 100 ns for each multiply-add.
Why: every number is an object on the heap. To add two of them the interpreter looks up what they
are, finds what + means for those, and makes a third; the addition itself is a hundredth of it.
"""

from fastbp.bench.list_rungs import Lists


class Specification(Lists):
    """``Lists`` as it is: its loops are those of ``fastbp.reference``.

    ``untyped`` is the same class with the same loops after Cython, so the two differ by that alone.
    """
