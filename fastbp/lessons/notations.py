"""The table of notations: how the course, books and libraries write what a network computes.

A notation is a row of :data:`NOTATIONS`; :class:`Speller` writes symbols by it. The table of
docs/notation.md comes from here too (``fastbp.lessons.bridge``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from fastbp.lessons.formulas import Index, Level, Symbol


class LossConvention(NamedTuple):
    """A squared error as somebody writes it, beside the course's Σ_j (a_j - y_j)².

    One sample's is ``factor`` times the course's, divided by the number of outputs with
    ``mean_of_outputs``; over samples it is their mean or their sum.
    """

    name: str
    formula: str  # of one sample
    factor: float = 1.0
    mean_of_outputs: bool = False
    samples: Literal["mean", "sum"] = "mean"

    def of_sample(self, n_L: int) -> float:
        """What the course's C_0 is multiplied with, for a network with n_L outputs."""
        return self.factor / n_L if self.mean_of_outputs else self.factor

    def of_batch(self, n_L: int, m: int) -> float:
        """What the mean of C_0 over m samples is multiplied with."""
        return self.of_sample(n_L) * (m if self.samples == "sum" else 1)


_HALF = "½ Σ_j (y_j - a_j)²"
_MEAN = "1/n_L Σ_j (a_j - y_j)²"
COURSE_LOSS = LossConvention("the course", "Σ_j (a_j - y_j)²")
NIELSEN_LOSS = LossConvention("Nielsen's quadratic cost", _HALF, 0.5)
NG_LOSS = LossConvention("Ng's squared error", _HALF, 0.5)
PYTORCH_LOSS = LossConvention("torch.nn.MSELoss()", _MEAN, mean_of_outputs=True)
KERAS_LOSS = LossConvention("keras.losses.MeanSquaredError()", _MEAN, mean_of_outputs=True)
#: Those of the notations, and others that readers meet.
LOSS_CONVENTIONS = (
    COURSE_LOSS,
    NIELSEN_LOSS,
    NG_LOSS,
    PYTORCH_LOSS,
    LossConvention('torch.nn.MSELoss(reduction="sum")', "Σ_j (a_j - y_j)²", samples="sum"),
    KERAS_LOSS,
    LossConvention("Rumelhart, Hinton and Williams (1986)", _HALF, 0.5, samples="sum"),
)


class Notation(NamedTuple):
    """How one author or library writes a network.

    Attributes
    ----------
    name, title : str
        What chooses it, and whose it is.
    input_layer : int
        The number of the input among the layers.
    first_node : int
        The number of the first node of a layer.
    order : "jk" or "kj"
        Of a weight's indices: from node k to node j.
    loss : str
        The loss of one sample.
    own_loss : LossConvention
        The squared error that goes with it.
    letters : mapping
        Other letters for those of :class:`Symbol`, and for g; in code templates with {l} and {i}.
    gradients : mapping
        In code the templates of dC_0/d(letter).
    level : str
        A template of the layer above a letter: ``({})``. Of more than one sign ``wide_level``.
    level_first : bool
        Whether text has the layer before the node: ``w^3_24``.
    differential : str
        ``d`` or ``∂``.
    g_of_layer : bool
        Whether g is another for each layer.
    code : bool
        Whether it is code; then symbols come from ``letters`` alone, as they are.
    others : mapping
        What is called how that no explanation writes: the ``cost`` over samples, the learning
        ``rate``, the number of ``samples``, the ``width`` of a layer.
    lacks : str
        Letters that it does not have, and fastbp's are used for.
    """

    name: str
    title: str
    input_layer: int
    first_node: int
    order: Literal["jk", "kj"]
    loss: str
    own_loss: LossConvention
    letters: Mapping[str, str] = {}
    gradients: Mapping[str, str] = {}
    level: str = "({})"
    wide_level: str = "({})"
    level_first: bool = False
    differential: str = "d"
    g_of_layer: bool = True
    code: bool = False
    others: Mapping[str, str] = {}
    lacks: str = ""

    @property
    def library(self) -> str:
        """Of code the library's name: ``PyTorch``."""
        return self.title.partition(":")[0]


def _code(
    name: str,
    title: str,
    own_loss: LossConvention,
    order: Literal["jk", "kj"],
    letters: Mapping[str, str],
    gradients: Mapping[str, str],
    others: Mapping[str, str],
) -> Notation:
    shared = {"z": "z{l}[{i}]", "a": "a{l}[{i}]", "y": "y[{i}]", "d": "d[{i}]", "g": "g{l}"}
    letters = {**shared, **letters, "δ": gradients["z"]}
    return Notation(
        name, title, 0, 0, order, "loss", own_loss, letters, gradients, code=True, others=others
    )


#: Every notation, by its name.
NOTATIONS: dict[str, Notation] = {
    row.name: row
    for row in (
        Notation(
            "course", 'deeplizard, "Backpropagation explained"', 0, 0, "jk", "C_0", COURSE_LOSS,
            others={"cost": "C", "rate": "learning rate", "samples": "n", "width": "n"},
            lacks="bδ"),
        Notation(
            "nielsen", 'Michael Nielsen, "Neural Networks and Deep Learning"', 1, 1, "jk", "C_x",
            NIELSEN_LOSS, {"g": "σ"}, level="{}", level_first=True, differential="∂",
            g_of_layer=False, others={"cost": "C", "rate": "η", "samples": "n, of a mini-batch m",
                                      "width": "not named"}),
        Notation(
            "ng", 'Andrew Ng, "Neural Networks and Deep Learning" (deeplearning.ai)', 0, 1, "jk",
            "ℒ", NG_LOSS, {"δ": "dz"}, level="[{}]", wide_level="[{}]", level_first=True,
            differential="∂",
            others={"cost": "J", "rate": "α", "samples": "m", "width": "n^[l]"}),
        _code(
            "pytorch", "PyTorch: fc1, fc2, ... are torch.nn.Linear, and grad is torch.func.grad",
            PYTORCH_LOSS, "jk",
            {"w": "fc{l}.weight[{i}]", "b": "fc{l}.bias[{i}]", "g'": "grad(g{l})"},
            {"w": "fc{l}.weight.grad[{i}]", "b": "fc{l}.bias.grad[{i}]",
             "z": "z{l}.grad[{i}]", "a": "a{l}.grad[{i}]"},
            {"cost": "loss", "rate": "lr", "samples": "batch size", "width": "out_features"}),
        _code(
            "keras", "Keras: kernel1 is that of the first keras.layers.Dense, and dkernel1 is "
            "tape.gradient(loss, kernel1)",
            KERAS_LOSS, "kj",
            {"w": "kernel{l}[{i}]", "b": "bias{l}[{i}]", "g'": "slope{l}"},
            {"w": "dkernel{l}[{i}]", "b": "dbias{l}[{i}]", "z": "dz{l}[{i}]", "a": "da{l}[{i}]"},
            {"cost": "loss", "rate": "learning_rate", "samples": "batch_size", "width": "units"}),
    )
}  # fmt: skip


class Glyph(NamedTuple):
    """A symbol's letter, with what stands below and above on its right."""

    base: str
    below: str = ""
    above: str = ""


_BESIDE = {"l": "", "l-1": "_below", "l+1": "_above"}  # layers of code that has no numbers


class Speller:
    """Writes symbols of a network in a notation.

    Parameters
    ----------
    notation : Notation
        The row of the table.
    sizes : sequence of int
        The network's widths.

    Examples
    --------
    >>> weight = Symbol("w", "L", (1, 2), of="dC")
    >>> for notation in NOTATIONS.values():
    ...     print(Speller(notation, [4, 3, 3, 2]).text(weight))
    dC_0/dw_12^(L)
    ∂C_x/∂w^L_23
    ∂ℒ/∂w^[L]_23
    fc3.weight.grad[1, 2]
    dkernel3[2, 1]
    """

    def __init__(self, notation: Notation, sizes: Sequence[int] = ()) -> None:
        self.notation = notation
        self.sizes = tuple(sizes)

    def number_of(self, l: Level | None) -> int | None:
        """The layer's number, with the input as 0; None for one that is not fixed."""
        if l is None or isinstance(l, int):
            return l
        match = re.fullmatch(r"L(?:-(\d+))?", l)
        return len(self.sizes) - 1 - int(match[1] or 0) if match and self.sizes else None

    def level(self, l: Level) -> str:
        """The layer in the notation's count: ``L-1`` stays, but in code it is a number."""
        number = self.number_of(l)
        if isinstance(l, int) or (self.notation.code and number is not None):
            return str((number or 0) + self.notation.input_layer)
        return l

    def node(self, j: Index) -> str:
        """A node in the notation's count."""
        return str(j + self.notation.first_node) if isinstance(j, int) else j

    def width(self, index: str, symbols: Sequence[Symbol]) -> str:
        """How many nodes an index of a sum runs over, from the symbols that have it."""
        for symbol in symbols:
            if index in symbol.indices and symbol.l is not None:
                number = self.number_of(symbol.l)
                if number is not None:
                    return str(self.sizes[number - symbol.indices.index(index)])
        if self.sizes and index == "i":
            return str(self.sizes[-1])  # s of a loss of one's own sums over the outputs
        return "n"

    def glyph(self, symbol: Symbol) -> Glyph:
        """The parts of a symbol that is not code, without its differential."""
        notation = self.notation
        if symbol.letter == "C":
            return Glyph(*notation.loss.split("_"))
        nodes = [self.node(index) for index in symbol.indices]
        if notation.order == "kj":
            nodes.reverse()
        below = ("" if all(len(node) == 1 for node in nodes) else ",").join(nodes)
        return Glyph(
            notation.letters.get(symbol.letter, symbol.letter), below, self.above(symbol.l)
        )

    def above(self, l: Level | None) -> str:
        """What stands above a letter of layer l."""
        if l is None:
            return ""
        level, notation = self.level(l), self.notation
        return (notation.level if level.isalnum() else notation.wide_level).format(level)

    def g(self, l: Level | None, prime: bool = False) -> Glyph:
        """The letter of an activation function, or of its derivative."""
        letter = self.notation.letters.get("g", "g") + "'" * prime
        return Glyph(letter, "", self.above(l) if self.notation.g_of_layer else "")

    def text(self, symbol: Symbol) -> str:
        """A symbol in a line of text."""
        notation = self.notation
        if notation.code:
            return self._code_text(symbol)
        name = self.flat(self.glyph(symbol))
        d = notation.differential
        if symbol.of == "dC":
            return f"{d}{notation.loss}/{d}{name}"
        return f"{d}{name}" if symbol.of == "d" else name

    def flat(self, glyph: Glyph) -> str:
        """A glyph in a line of text."""
        below = f"_{glyph.below}" if glyph.below else ""
        above = f"^{glyph.above}" if glyph.above else ""
        return glyph.base + (above + below if self.notation.level_first else below + above)

    def text_of_g(self, l: Level | None, prime: bool = False) -> str:
        """An activation function in a line of text, or its derivative."""
        if self.notation.code:
            return self.notation.letters["g'" if prime else "g"].format(l=self._suffix(l))
        return self.flat(self.g(l, prime))

    def _suffix(self, l: Level | None) -> str:
        if l is None:
            return ""
        return _BESIDE[l] if l in _BESIDE else self.level(l)

    def _code_text(self, symbol: Symbol) -> str:
        notation = self.notation
        if symbol.letter == "C":
            return ("d" if symbol.of else "") + notation.loss
        nodes = [self.node(index) for index in symbol.indices]
        if symbol.letter == "w" and notation.order == "kj":
            nodes.reverse()
        templates = notation.gradients if symbol.of == "dC" else notation.letters
        template = templates[symbol.letter]
        if symbol.letter == "a" and symbol.of != "dC" and self.number_of(symbol.l) == 0:
            template = "x[{i}]"
        name = template.format(l=self._suffix(symbol.l), i=", ".join(nodes)).removesuffix("[]")
        return f"d {name}" if symbol.of == "d" else name
