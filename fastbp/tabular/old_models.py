"""Models of tables that were a network with what `fastbp.tables.preprocessing` describes."""

from __future__ import annotations

import math

import numpy as np

from fastbp.network import Network
from fastbp.tables.column_names import numbered_names
from fastbp.tables.kinds.kind import Kind
from fastbp.tables.kinds.number import Number
from fastbp.tables.preprocessing import Preprocessing
from fastbp.tables.schema import Schema
from fastbp.tables.schema_target import TargetSchema
from fastbp.tables.typed import Target
from fastbp.tabular.encoder import Encoder
from fastbp.tabular.member import Member, TargetScale
from fastbp.tabular.members import Members
from fastbp.tabular.model_files import Saved
from fastbp.tabular.number_encoding import NumberEncoding
from fastbp.tabular.piecewise import PiecewiseEncoding


def saved_of(net: Network, old: Preprocessing) -> Saved:
    """Return what a file of a table model would hold in the place of this one.

    The same rows give the same inputs to the bit. Columns are numbers as Python writes them; a
    missing cell is refused where the model was trained without filling.
    """
    classes = tuple(map(str, net.classes or range(net.sizes[-1]))) if old.task == "classify" else ()
    k = len(old.columns)
    medians = [math.nan] * k if old.fill is None else old.fill
    numbers = NumberEncoding(
        np.array(medians, np.float64),
        np.ones(k),
        np.array(old.means, np.float64),
        np.array(old.scales, np.float64),
        np.zeros(k, np.bool_),
    )
    encoder = Encoder(
        tuple(old.columns), ("number",) * k, numbers, (), PiecewiseEncoding.joined([]), clip=False
    )
    scale = None
    if not classes:
        scale = TargetScale(old.target_mean, old.target_scale, -math.inf, math.inf)
    values = np.empty(0, np.int64) if classes else np.empty(0)
    return Saved(
        Members((Member(encoder, net, scale=scale),)),
        Target(old.target, values, classes),
        _schema(old, classes),
        {"members": 1, "recipe": "plain", "seed": None},
        None,
    )


def _schema(old: Preprocessing, classes: tuple[str, ...]) -> Schema:
    names = [*old.columns, old.target]
    if not old.header:  # by position
        names = numbered_names(old.width)
        for name, position in zip(old.columns, old.positions, strict=True):
            names[position] = name
        others = sorted({*range(old.width)} - {*old.positions})
        if others and old.target not in names:
            names[others[-1]] = old.target
    kinds: dict[str, Kind] = dict.fromkeys(old.columns, Number())
    return Schema(
        tuple(names), old.header, TargetSchema(old.target, old.task, classes, reason=""), kinds
    )
