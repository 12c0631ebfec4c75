"""Tables: files of several formats and frames, what their columns are, and arrays of them."""
