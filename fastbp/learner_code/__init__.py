"""``fastbp check``: a learner's own loops beside the specification, number by number.

A file's functions are found by their names and parameters (``roles.py``), called in a process of
their own on small networks of the ladder's proof, and compared with what the specification gives,
within the proof's bounds. What is wrong is compared with what each classical mistake would give
(``mistakes.py``). docs/checking-your-own.md walks through it.
"""
