"""Symbols of the notation in a line of text."""


def indexed(letter: str, level: int | str, *indices: int | str) -> str:
    """Write a letter with its indices below and its layer above.

    >>> indexed("w", 2, 1, 2), indexed("w", "L", 12, 3), indexed("b", 1)
    ('w_12^(2)', 'w_12,3^(L)', 'b^(1)')
    """
    parts = [str(index) for index in indices]
    between = "" if all(len(part) == 1 for part in parts) else ","
    return letter + "_" * bool(parts) + between.join(parts) + f"^({level})"
