"""Text output: formatting, escaping, text pages and standard streams."""
