"""The ladder's harness: problems, rungs, the proof that a rung is right, and the timing of it.

``fastbp bench`` is :mod:`fastbp.bench.command`.
"""
