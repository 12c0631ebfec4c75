"""Which loop never ends: each is run, and stopped after some rounds."""

from __future__ import annotations

from functools import cache

from fastbp.lessons.quizzes.draft import Draft
from fastbp.lessons.quizzes.setting import Setting

_MOST_ROUNDS = 1000  # of a loop over a handful of nodes: one that does more never ends

#: What each loop is, and its lines. ``n`` is the number of nodes of the layer below.
ENDING = {
    "k counts up to n": ("k = 0", "while k < n:", "    z_j += w[j][k] * a[k]", "    k += 1"),
    "k counts down to 0": (
        "k = n - 1",
        "while k >= 0:",
        "    z_j += w[j][k] * a[k]",
        "    k -= 1",
    ),
    "a for loop counts by itself": ("for k in range(n):", "    z_j += w[j][k] * a[k]"),
    "k counts before its use": (
        "k = -1",
        "while k < n - 1:",
        "    k += 1",
        "    z_j += w[j][k] * a[k]",
    ),
    "the break comes after n rounds": (
        "k = 0",
        "while True:",
        "    z_j += w[j][k] * a[k]",
        "    k += 1",
        "    if k == n:",
        "        break",
    ),
}
ENDLESS = {
    "k += 1 is missing, so k stays 0": ("k = 0", "while k < n:", "    z_j += w[j][k] * a[k]"),
    "j grows instead of k": (
        "k = 0",
        "while k < n:",
        "    z_j += w[0][k] * a[k]",
        "    j += 1",
    ),
    "k = +1 sets k to 1, again and again": (
        "k = 0",
        "while k < n:",
        "    z_j += w[j][k] * a[k]",
        "    k = +1",
    ),
    "k + 1 is computed and not kept": (
        "k = 0",
        "while k < n:",
        "    z_j += w[j][k] * a[k]",
        "    k + 1",
    ),
    "k starts anew in every round": (
        "k = 0",
        "while k < n:",
        "    k = 0",
        "    z_j += w[j][k] * a[k]",
        "    k += 1",
    ),
}


class _Endless(Exception):  # noqa: N818 - no error: what a loop turns out to be
    pass


@cache
def ends(lines: tuple[str, ...], n: int) -> bool:
    """Run such a loop over n nodes, and see whether it ends.

    >>> ends(("k = 0", "while k < n:", "    k += 1"), 3)
    True
    """
    rounds = 0

    def tick() -> None:
        nonlocal rounds
        rounds += 1
        if rounds > _MOST_ROUNDS:
            raise _Endless

    counted: list[str] = []
    for line in lines:
        counted.append(line)
        if line.startswith(("while ", "for ")):
            counted.append("    tick()")
    names = {"n": n, "j": 0, "z_j": 0.0, "w": [[1.0] * n], "a": [1.0] * n, "tick": tick}
    try:
        exec("\n".join(counted), names)
    except _Endless:
        return False
    return True


def endless_loop(setting: Setting) -> Draft | None:
    """Choose the loop that never ends."""
    rng, n = setting.rng, int(setting.rng.integers(2, 6))
    results = {lines: ends(lines, n) for lines in (*ENDING.values(), *ENDLESS.values())}
    endless = [(words, lines) for words, lines in ENDLESS.items() if not results[lines]]
    words, answer = endless[rng.integers(len(endless))]
    others = [(lines, words) for words, lines in ENDING.items() if results[lines]]
    return Draft(
        f"Each of these should add up z_j = b_j + Σ_k w_jk a_k over k = 0, ..., n - 1, with "
        f"n = {n} and z_j = b_j at the start. Which loop never ends?",
        "\n".join(answer),
        [("\n".join(lines), f"it ends: {how}") for lines, how in others],
        f"A loop ends when its condition becomes false, so k must change in every round.\n"
        f"Here {words}: after {_MOST_ROUNDS:,} rounds the loop still runs.\n"
        f"The sum has {n} terms and needs {n} rounds.",
        {"n": n},
    )
