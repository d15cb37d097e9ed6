"""Aptamers made up for tests."""

import numpy as np
import pandas as pd

from aptarank.core.tables import APTAMER_COLUMNS

TINY_CANDIDATES = "sequence\nACGUACG\nGGGUACG\nUUUUACG\n"


def random_aptamers(seed, count):
    """RNA aptamers whose first two bases make them fit: a lower score is better."""
    rng = np.random.default_rng(seed)
    sequences = ["".join(rng.choice(list("ACGU"), size=rng.integers(6, 10))) for _ in range(count)]
    value = {"A": 0, "C": 1, "G": 2, "U": 3}
    scores = [-4 * value[s[0]] - 2 * value[s[1]] + rng.normal(0, 0.1) for s in sequences]
    return pd.DataFrame({"sequence": sequences, "score": scores})


def random_sequences(count, rng, shortest=6, longest=12):
    """Distinct random sequences."""
    found = {}
    while len(found) < count:
        length = rng.integers(shortest, longest + 1)
        found["".join(rng.choice(list("ACGT"), size=length))] = None
    return list(found)


def aptamer_table(sequences, fitness, group="", family=""):
    """What ingest.py writes, of these columns."""
    table = pd.DataFrame({"sequence": sequences, "fitness": fitness})
    table = table.assign(group=group, family=family, score=table["fitness"], chemistry="DNA")
    table = table.assign(
        error=np.nan, replicates="", count=1, spread=np.nan, low=table["score"], high=table["score"]
    )
    table["id"] = [f"apt{number}" for number in range(len(table))]
    return table[APTAMER_COLUMNS]


def mutants(parent, count, rng, most=4):
    """The parent and distinct mutants with 1 to `most` substitutions, about as many of each."""
    found = {parent: 0}
    while len(found) < count:
        letters = list(parent)
        wanted = 1 + len(found) % most
        for place in rng.choice(len(parent), size=wanted, replace=False):
            letters[place] = rng.choice([base for base in "ACGT" if base != parent[place]])
        found.setdefault("".join(letters), wanted)
    return pd.Series(found)
