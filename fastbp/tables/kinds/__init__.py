"""What a column can be: how its cells are told, and what they become."""
