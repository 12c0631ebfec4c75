"""Which weight is w_jk^(l), and what shape w^(l) has."""

from __future__ import annotations

from collections.abc import Callable

from fastbp.lessons.quizzes.draft import Draft, NoMistakeError, numeric
from fastbp.lessons.quizzes.notation import matrix
from fastbp.lessons.quizzes.setting import Setting
from fastbp.text.formatting import plural
from fastbp.text.symbols import indexed as symbol

Index = tuple[int, int, int]

#: What readers take w_jk^(l) for: (l, j, k) -> (l, j, k) of another weight of the layer.
OF_THE_LAYER: dict[str, Callable[[int, int, int], Index]] = {
    "j and k are swapped": lambda l, j, k: (l, k, j),
    "nodes are counted from 1": lambda l, j, k: (l, j - 1, k - 1),
    "j and k are swapped, and nodes are counted from 1": lambda l, j, k: (l, k - 1, j - 1),
    "k is counted from 1": lambda l, j, k: (l, j, k - 1),
    "j is counted from 1": lambda l, j, k: (l, j - 1, k),
}
MISREADINGS = OF_THE_LAYER | {
    "l is taken for the layer that the weight leaves": lambda l, j, k: (l + 1, j, k),
}


def _path(l: int, j: int, k: int) -> str:
    return f"from node {k} of layer {l - 1} to node {j} of layer {l}"


def weight_path(setting: Setting) -> Draft | None:
    """Between which nodes w_jk^(l) leads."""
    l = setting.layer()
    j, k = setting.node(l), setting.node(l - 1)
    name = symbol("w", l, j, k)
    wrong = [
        (_path(*other), words)
        for words, misread in MISREADINGS.items()
        if min(other := misread(l, j, k)) >= 0
    ]
    return Draft(
        f"Nodes count from 0, and layer 0 is the input. Where does {name} lead?",
        _path(l, j, k),
        wrong,
        "w_jk^(l) leads from node k of layer l-1 to node j of layer l.\n"
        f"l = {l}, j = {j}, k = {k}: {name} leads {_path(l, j, k)}.",
        {"sizes": list(setting.sizes), "l": l, "j": j, "k": k},
    )


def weight_in_matrix(setting: Setting) -> Draft | None:
    """Which number of the matrix is w_jk^(l)."""
    l = setting.layer()
    n_rows, n_columns = setting.corner(l)
    j, k = (int(setting.rng.integers(n)) for n in (n_rows, n_columns))
    w = setting.w[l][:n_rows, :n_columns]
    is_whole = (n_rows, n_columns) == (setting.sizes[l], setting.sizes[l - 1])

    def read(_: int, row: int, column: int) -> float:
        if min(row, column) < 0:
            raise NoMistakeError
        return float(w[row][column])

    def reading(misread: Callable[[int, int, int], Index]) -> Callable[[None], float]:
        return lambda _: read(*misread(l, j, k))

    mistakes = {words: reading(misread) for words, misread in OF_THE_LAYER.items()}
    mistakes |= {
        "the next row": lambda _: read(l, j + 1, k),
        "the next column": lambda _: read(l, j, k + 1),
    }
    name = symbol("w", l, j, k)
    part = "" if is_whole else f" (its first {n_rows} rows and {n_columns} columns are shown)"
    return numeric(
        [
            f"A network is {'-'.join(map(str, setting.sizes))}. Row j, column k of this matrix is "
            f"{symbol('w', l, 'j', 'k')}{part}:",
            "",
            *matrix(symbol("w", l), w),
            "",
            f"Which number is {name}?",
        ],
        w[j][k],
        None,
        mistakes,
        f"w_jk stands in row j and column k, both counted from 0.\n"
        f"j = {j}, k = {k}: row {j}, column {k}.\n{name} = {w[j][k]:.4g}",
        l=l,
        j=j,
        k=k,
        w=w,
    )


def shape(setting: Setting) -> Draft | None:
    """Rows and columns of w^(l)."""
    l = setting.uneven_layer()
    n_l, n_below = setting.sizes[l], setting.sizes[l - 1]
    shapes = {
        "rows and columns are swapped": (n_below, n_l),
        "the bias is no column of w": (n_l, n_below + 1),
        "the layer below has no part in it": (n_l, n_l),
        "the layer itself has no part in it": (n_below, n_below),
        "these are all nodes in a row": (1, n_l + n_below),
    }
    return Draft(
        f"Layer {l - 1} has {plural(n_below, 'node')} and layer {l} has {n_l}. What is the shape "
        f"(rows, columns) of {symbol('w', l)}, whose element [j, k] is {symbol('w', l, 'j', 'k')}?",
        str((n_l, n_below)),
        [(str(pair), words) for words, pair in shapes.items()],
        f"j runs over the n_l nodes of layer l, k over the n_(l-1) nodes of layer l-1: shape "
        f"(n_l, n_(l-1)).\nl = {l}: n_{l} = {n_l}, n_{l - 1} = {n_below}.\n({n_l}, {n_below})",
        {"l": l, "sizes": list(setting.sizes)},
    )
