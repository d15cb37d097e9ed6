"""Make the embedded example: simulated aptamers, scored by a published physical property.

The score is the nearest-neighbour free energy at 37 °C, in kcal/mol, with which a DNA's toehold
(its first bases at the 5' end) binds to its complement, from the parameters of SantaLucia & Hicks
2004 (doi:10.1146/annurev.biophys.32.110601.141800; Biopython's table DNA_NN4), plus Gaussian
noise. Lower binds more strongly. It is a simulation, not a binding measurement of any aptamer.

Toeholds matter in strand displacement (Zhang & Winfree 2009, doi:10.1021/ja906987s). As with the
scores of EFBA and MAWS, the energy lies in which bases follow which at the 5' end: the length of
the whole sequence says nothing about it, and its GC content only part.
"""

from pathlib import Path

import click
import numpy as np
import pandas as pd
from Bio.Seq import Seq
from Bio.SeqUtils.MeltingTemp import DNA_NN4

TEMPERATURE = 310.15  # K


def free_energy(key: str) -> float:
    """Free energy at 37 °C of an entry of Biopython's table, in kcal/mol."""
    enthalpy, entropy = DNA_NN4[key]
    return enthalpy - TEMPERATURE * entropy / 1000


def step_energy(step: str) -> float:
    """Free energy of one base step of a duplex in kcal/mol."""
    key = f"{step}/{Seq(step).complement()}"
    return free_energy(key if key in DNA_NN4 else key[::-1])


def toehold_energy(sequence: str, toehold: int) -> float:
    """Free energy in kcal/mol with which the first `toehold` bases bind to their complement."""
    first = sequence[:toehold]
    steps = [step_energy(first[i : i + 2]) for i in range(toehold - 1)]
    ends = sum(base in "AT" for base in (first[0], first[-1]))
    return free_energy("init") + ends * free_energy("init_A/T") + sum(steps)


@click.command()
@click.option("--count", default=1000, show_default=True, help="Number of aptamers.")
@click.option("--shortest", default=10, show_default=True, help="In bases.")
@click.option("--longest", default=15, show_default=True, help="In bases.")
@click.option("--toehold", default=7, show_default=True, help="In bases.")
@click.option("--noise", default=0.1, show_default=True, help="Standard deviation, kcal/mol.")
@click.option("--seed", default=1, show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path(__file__).with_name("aptamers.csv"),
)
def main(count, shortest, longest, toehold, noise, seed, output):
    """Write simulated aptamers as CSV: id, sequence, score."""
    rng = np.random.default_rng(seed)
    sequences: dict[str, None] = {}
    while len(sequences) < count:
        length = int(rng.integers(shortest, longest + 1))
        sequences["".join(rng.choice(list("ACGT"), size=length))] = None
    energies = np.array([toehold_energy(sequence, toehold) for sequence in sequences])
    scores = energies + rng.normal(0, noise, size=count)
    table = pd.DataFrame(
        {
            "id": [f"simulated{number:03d}" for number in range(1, count + 1)],
            "sequence": list(sequences),
            "score": scores.round(4),
        }
    )
    table.to_csv(output, index=False, lineterminator="\n")
    click.echo(f"{output}: {count} simulated aptamers, {shortest} to {longest} bases")


if __name__ == "__main__":
    main()
