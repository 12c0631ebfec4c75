"""Explanations of backpropagation: traces of one sample, and worked derivations."""
