"""Checks of a network that explain what they find: its gradients, and its health."""
