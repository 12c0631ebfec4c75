"""Opening a model file of whatever kind."""

from __future__ import annotations

from os import PathLike

from fastbp.ensemble import Ensemble
from fastbp.errors import FileFormatError
from fastbp.model_file import several
from fastbp.network import Network
from fastbp.tabular.table_model import TableModel


def open_model(path: str | PathLike[str]) -> Network | TableModel | Ensemble:
    """Load a file of fastbp: a table's model, old ones of one network too, or what else it holds.

    Raises
    ------
    FileFormatError
        If it is no model.
    OSError
        If it cannot be opened or read.
    """
    kind = several.kind_of(path)
    if kind == "Ensemble":
        return Ensemble.load(path)
    if kind is not None:
        return TableModel.load(path)
    net = Network.load(path)
    return TableModel.of_network(net) or net


def open_table_model(path: str | PathLike[str]) -> TableModel:
    """Load a model of a table.

    Raises
    ------
    FileFormatError
        If the file holds anything else.
    """
    model = open_model(path)
    if not isinstance(model, TableModel):
        raise FileFormatError(
            f"{path} does not know any table's columns, since it was not saved by fastbp train; "
            f"use fastbp.{type(model).__name__}.load(path).predict(X) in Python"
        )
    return model
