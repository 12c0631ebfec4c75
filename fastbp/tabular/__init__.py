"""Networks for tables: what becomes of columns, how members are trained, and the whole model."""
