"""The rungs that are Python, or that another package compiles: one idea a file."""
