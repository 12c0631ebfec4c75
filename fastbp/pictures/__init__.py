"""Pictures of a network, as ``net.plot`` draws them: a file for each kind, `plot` the table."""
