"""Layers of different width: how many parameters, biases and terms of a sum there are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from fastbp.lessons.quizzes.draft import Draft, numeric
from fastbp.lessons.quizzes.notation import count
from fastbp.lessons.quizzes.setting import Setting
from fastbp.text.formatting import plural
from fastbp.text.symbols import indexed as symbol

Sizes = Sequence[int]


def n_weights(sizes: Sizes) -> int:
    """sum_l n_l n_(l-1)."""
    return sum(n_l * n_below for n_below, n_l in pairwise(sizes))


def parameters(setting: Setting) -> Draft | None:
    """How many weights and biases a network has."""
    sizes = setting.sizes
    n_biases = sum(sizes[1:]) if setting.has_biases else 0
    pairs = list(pairwise(sizes))
    counts = " + ".join(f"{n_l}·{n_below}" for n_below, n_l in pairs)
    biases = "".join(f" + {n}" for n in sizes[1:] if setting.has_biases)
    total = len(setting.net.parameters)
    weights = f"{n_weights(sizes)} weight{'s' * (n_weights(sizes) != 1)}"
    bias_words = f"{n_biases} bias{'es' * (n_biases != 1)}"
    mistakes = {
        "the biases are left out": n_weights,
        "the nodes of layer 0 have no biases": lambda n: n_weights(n) + sum(n),
        "one bias for a whole layer": lambda n: n_weights(n) + len(n) - 1,
        "biases are counted that this network has not": lambda n: n_weights(n) + sum(n[1:]),
        "the widths are added up": sum,
        "all widths are multiplied": lambda n: prod(n),
        "the last layer is left out": lambda n: n_weights(n[:-1]) + sum(n[1:-1]),
    }
    return numeric(
        [
            f"How many weights and biases does a {'-'.join(map(str, sizes))} network have, "
            "with a bias at every node above layer 0?"
            if setting.has_biases
            else f"How many weights does a {'-'.join(map(str, sizes))} network without biases have?"
        ],
        total,
        sizes,
        mistakes,
        f"w^(l) has n_l n_(l-1) numbers{' and b^(l) has n_l' * setting.has_biases}.\n"
        f"{counts}{biases}\n= {total} ({weights}{f', {bias_words}' * setting.has_biases})",
        write=count,
        sizes=list(sizes),
        bias=setting.has_biases,
    )


def biases_of_layer(setting: Setting) -> Draft | None:
    """How many biases a layer has."""
    if not setting.has_biases:
        return None
    l = setting.uneven_layer()
    n_below, n_l = setting.sizes[l - 1 : l + 1]
    mistakes = {
        "one for each node of the layer below": lambda n: n[0],
        "one for the whole layer": lambda n: 1,
        "one for each weight": lambda n: n[0] * n[1],
        "one for each node of both layers": lambda n: n[0] + n[1],
        "the bias is forgotten": lambda n: 0,
    }
    return numeric(
        [
            f"Layer {l - 1} has {plural(n_below, 'node')} and layer {l} has {n_l}. How many biases "
            f"{symbol('b', l, 'j')} does layer {l} have?"
        ],
        len(setting.net.biases[l - 1]),
        (n_below, n_l),
        mistakes,
        f"z_j^(l) = b_j^(l) + Σ_k w_jk^(l) a_k^(l-1): each node j has a bias of its own, and k has "
        f"no part in it.\nn_{l} = {n_l}\n{n_l} bias{'es' * (n_l != 1)}",
        l=l,
        write=count,
        sizes=list(setting.sizes),
    )


def terms_of_sum(setting: Setting) -> Draft | None:
    """How many terms the sums of forward and backward have."""
    l = setting.uneven_layer()
    n_below, n_l = setting.sizes[l - 1 : l + 1]
    is_forward = l == 1 or setting.rng.random() < 0.5
    right, wrong = (n_below, n_l) if is_forward else (n_l, n_below)
    if is_forward:
        bias = f"{symbol('b', l, 'j')} + " * setting.has_biases
        formula = f"{symbol('z', l, 'j')} = {bias}Σ_k "
        formula += f"{symbol('w', l, 'j', 'k')} {symbol('a', l - 1, 'k')}"
        index, layer, what = "k", l - 1, "z of a node comes from all nodes of the layer below"
    else:
        formula = f"{symbol('δ', l - 1, 'k')} = g'({symbol('z', l - 1, 'k')}) Σ_j "
        formula += f"{symbol('w', l, 'j', 'k')} {symbol('δ', l, 'j')}"
        index, layer, what = "j", l, "a node acts on C_0 through all nodes of the layer above"
    mistakes = {
        "the layer at the other end of the weights": lambda n: n[1],
        "both layers": lambda n: n[0] + n[1],
        "every weight between them": lambda n: n[0] * n[1],
        "the last index, but nodes count from 0": lambda n: n[0] - 1,
    }
    return numeric(
        [
            f"Layer {l - 1} has {plural(n_below, 'node')} and layer {l} has {n_l}. How many terms "
            f"does the sum Σ_{index} have?",
            "",
            f"    {formula}",
        ],
        right,
        (right, wrong),
        mistakes,
        f"{index} runs over the nodes of layer {layer}: {what}.\n"
        f"{index} = 0, ..., n_{layer} - 1 with n_{layer} = {right}\n{plural(right, 'term')}",
        l=l,
        forward=is_forward,
        write=count,
        sizes=list(setting.sizes),
    )
