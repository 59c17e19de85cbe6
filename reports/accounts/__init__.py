"""One table for all accounts of ICL: how far each goes from doing nothing to being ICL, on each model."""

from .cells import NO_ICL, Cell, cells_of
from .sentence import sentence
from .table import AccountColumn, AccountRow, AccountsPanel, Adjudication, State, TableCell, adjudication_of

__all__ = [
    "NO_ICL",
    "AccountColumn",
    "AccountRow",
    "AccountsPanel",
    "Adjudication",
    "Cell",
    "State",
    "TableCell",
    "adjudication_of",
    "cells_of",
    "sentence",
]
