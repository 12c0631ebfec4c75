"""The subcommands of ``fastbp``, one module each (see `fastbp.cli`)."""
