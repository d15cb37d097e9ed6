"""The split as split.py writes it: the part of each sequence."""

from pathlib import Path

import pandas as pd

from aptarank.core.tables import read_table
from aptarank.pairing.splits import ALL_PARTS


def read_split(path: Path) -> pd.Series:
    """The part of each sequence, by sequence: `train`, `validation`, `test`, or `ALL_PARTS`.

    Raises:
        InputError: the file is not such a table.
    """
    return read_table(path, ["sequence", "part"], text=True).set_index("sequence")["part"]


def training_sequences(path: Path) -> pd.Index:
    """The sequences of the training part, which is all of them where pairs are split."""
    parts = read_split(path)
    return parts.index[parts.isin(["train", ALL_PARTS])]
