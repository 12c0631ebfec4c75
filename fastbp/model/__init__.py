"""The model behind a Network: architecture, parameters, state and compiled program."""
