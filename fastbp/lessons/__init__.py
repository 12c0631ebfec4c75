"""What teaches: every number of a pass by index, and formulas with the numbers in them."""
