"""A network as the rest sees it: architecture, parameters, state, and the kernels for them."""
