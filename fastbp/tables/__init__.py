"""CSV tables: reading, column types, preprocessing to arrays and back."""
