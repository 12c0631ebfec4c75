"""How good a model of a table is: held-out scores, their errors, what each column counts."""
