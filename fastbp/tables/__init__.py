"""A user's own table: from CSV text to the arrays that a network takes, and back."""
