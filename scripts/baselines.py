"""Measure cheap predictors on the same split as the models."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import numpy as np
import pandas as pd

from aptarank.config.names import STACK
from aptarank.core.log import logger
from aptarank.core.parquet import write_parquet
from aptarank.core.tables import read_aptamers, write_csv
from aptarank.evaluation.baselines import BASELINES, fit_scale, pair_probability
from aptarank.evaluation.by_distance import FIGURES, ByDistance
from aptarank.evaluation.metric_registry import pair_metrics, ranking_metrics
from aptarank.evaluation.metrics import correct
from aptarank.pairing.pair_store import read_pairs
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.reference import Distances, known_distances
from aptarank.pairing.reference_fitness import centred, known_fitness
from aptarank.pairing.split_table import training_sequences
from aptarank.predictors.assemble import assemble, save
from aptarank.predictors.blending import Stack, fit_stack
from aptarank.predictors.fit import PREDICTORS
from aptarank.programs.cli import PATH, WRITTEN, OfResults, fold_option
from aptarank.programs.schema_options import seed_option, setting


@click.command(cls=OfResults)
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--split", type=PATH, required=True, help="What split.py writes.")
@click.option(
    "--validation",
    type=PATH,
    required=True,
    help="Labelled validation pairs: they scale scores to probabilities.",
)
@click.option("--train", type=PATH, required=True, help="Labelled training pairs.")
@click.option("--test", type=PATH, required=True, help="Labelled test pairs.")
@seed_option("Seed of the trees and folds.")
@fold_option
@click.option("-o", "--output", type=WRITTEN, default="baselines.csv")
@click.option(
    "--probabilities",
    type=WRITTEN,
    help="Also write each baseline's probability that the first is fitter (Parquet).",
)
@setting("split.reference")
@click.option(
    "--distances",
    type=WRITTEN,
    help="Also write accuracy and Spearman's rho by distance from the reference.",
)
@click.option(
    "--models",
    type=WRITTEN,
    help="Also write the predictors as models, which rank.py and others read, into this folder.",
)
def main(
    aptamers: Path,
    split: Path,
    train: Path,
    validation: Path,
    test: Path,
    seed: int,
    fold: int | None,
    output: Path,
    probabilities: Path | None,
    reference: str | None,
    distances: Path | None,
    models: Path | None,
) -> None:
    """Train each baseline on the training aptamers and measure it on the test pairs.

    Example: python scripts/baselines.py --aptamers aptamers.csv --split split.csv
    --train pairs/train.parquet --validation pairs/validation.parquet --test pairs/test.parquet
    """
    known = read_aptamers(aptamers)
    sequences = pd.Index(known["sequence"].unique())
    learning, scaling, testing = (read_pairs(path, sequences) for path in (train, validation, test))
    taught = known_fitness(known, sequences, learning)
    taught = centred(taught[taught["sequence"].isin(training_sequences(split))])
    unseen = sequences[np.unique(np.concatenate([testing.first, testing.second]))]
    truth = known_fitness(known, sequences, testing)
    truth = truth[truth["sequence"].isin(unseen)]
    stack, scores = fit_all(taught, sequences.tolist(), seed)
    if models is not None:
        models.mkdir(parents=True, exist_ok=True)  # empty where nothing can be learnt
    rows = []
    predicted: dict[str, np.ndarray] = {}  # probabilities of the test pairs
    for name, values in scores.items():
        scale = fit_scale(values[scaling.first] - values[scaling.second], scaling.label)
        predicted[name] = pair_probability(values, testing.first, testing.second, scale)
        if models is not None and stack and name not in BASELINES:
            weights = stack.weights if name == STACK else {name: 1.0}
            scaled = {key: scale * weight for key, weight in weights.items()}
            save(assemble(stack.members, scaled, name), models / name)
        rows.append(
            {"model": name, **({} if fold is None else {"fold": fold})}
            | pair_metrics(testing.label, predicted[name])
            | ranking_metrics(
                truth["fitness"].to_numpy(),
                values[sequences.get_indexer(truth["sequence"])],
                truth["group"].to_numpy(),
            )
        )
    table = pd.DataFrame(rows)
    write_csv(table, output)
    if distances is not None:
        known_at = known_distances(sequences.tolist(), reference)
        at_distance = by_distance(known_at, testing, predicted, scores, truth)
        write_csv(at_distance if fold is None else at_distance.assign(fold=fold), distances)
    if probabilities is not None:
        tested = {"Sequence1": sequences[testing.first], "Sequence2": sequences[testing.second]}
        write_parquet(pd.DataFrame(tested | {"Label": testing.label} | predicted), probabilities)
    best = table.loc[table["accuracy"].idxmax()]
    logger.info(
        "%s: the best of %d is %s, accuracy %.4f",
        output,
        len(table),
        best["model"],
        best["accuracy"],
    )


def fit_all(
    taught: pd.DataFrame, sequences: Sequence[str], seed: int
) -> tuple[Stack | None, dict[str, np.ndarray]]:
    """Fit the predictors and baselines; return their stack, and by name the score of each sequence.

    Without training values (all may be bounds) there is no stack, and each score is 0.

    Args:
        taught: sequence and fitness of the training aptamers.
    """
    scores = {name: np.zeros(len(sequences)) for name in (*PREDICTORS, STACK, *BASELINES)}
    if taught.empty:
        return None, scores
    training = taught["sequence"].tolist(), taught["fitness"].to_numpy()
    stack = fit_stack(*training, seed)
    for name, member in stack.members.items():
        scores[name] = member.scores(sequences)
    scores[STACK] = np.sum([w * scores[name] for name, w in stack.weights.items()], axis=0)
    for name, predict in BASELINES.items():
        scores[name] = predict(*training, sequences, seed)
    return stack, scores


def by_distance(
    known_at: Distances | None,
    pairs: Pairs,
    probability: Mapping[str, np.ndarray],
    scores: Mapping[str, np.ndarray],
    truth: pd.DataFrame,
) -> pd.DataFrame:
    """The figures of each baseline in each band of distance; no row where no distance is known.

    Args:
        known_at: of all aptamers, in the order that `pairs` has indices into.
        probability: of each pair, by baseline. scores: of each aptamer, by baseline.
        truth: what `known_fitness` gives of the test aptamers.
    """
    rows = []
    if known_at is not None:
        bands = ByDistance(known_at.differences.to_numpy(), pairs)
        aptamer = known_at.differences.index.get_indexer(truth["sequence"])
        fitness, group = truth["fitness"].to_numpy(), truth["group"].to_numpy()
        for name, values in scores.items():
            right = correct(pairs.label, probability[name])
            figures = bands.figures(right, fitness, values[aptamer], group, aptamer)
            rows += [{"model": name} | each for each in figures]
    # As objects, so that counts stay whole numbers.
    return pd.DataFrame(rows, columns=["model", *FIGURES], dtype=object)


if __name__ == "__main__":
    main()
