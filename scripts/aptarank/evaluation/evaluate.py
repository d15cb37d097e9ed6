"""The predictions of a model for test pairs, and all that is measured of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from aptarank.core.errors import InputError
from aptarank.core.tables import read_aptamers, read_table
from aptarank.evaluation import bootstrap
from aptarank.evaluation.by_distance import ByDistance
from aptarank.evaluation.ceiling import ceiling
from aptarank.evaluation.consistency import average_of_orders, circular_triads, order_disagreement
from aptarank.evaluation.metric_registry import (
    PAIR_METRICS,
    intervals_of_rankings,
    pair_metrics,
    ranking_metrics,
)
from aptarank.evaluation.metrics import (
    CUTS,
    accuracy_by_margin,
    correct,
    margin_bands,
    top_recall,
)
from aptarank.models.calibration import expected_calibration_error, reliability
from aptarank.pairing.pair_store import read_logits
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.reference import Distances, known_distances
from aptarank.pairing.reference_fitness import contradicting, fitness_difference, known_fitness


@dataclass(frozen=True)
class Predictions:
    """What a model says of test pairs, next to what was measured.

    Attributes:
        sequences: of the test aptamers, which `pairs` has indices into.
        pairs: with their labels.
        orders: log-odds that the first of each pair is fitter, for the pair as given and turned
            round, shapes (n_pairs,).
        fitness, group, aptamer, predicted: of each measurement: its fitness, group, index into
            `sequences` and predicted score, shapes (n_measurements,).
        difference: |fitness difference| of each pair, shape (n_pairs,); NaN where not known.
        strength: of each aptamer, estimated from the labels, where the input was labelled pairs.
        distances: of the aptamers from a reference, in the order of `sequences`; None where these
            have no meaning.
        ceiling: what noise leaves, by `ceiling.ceiling`; None where no error is known.
    """

    sequences: pd.Index
    pairs: Pairs
    orders: tuple[np.ndarray, np.ndarray]
    fitness: np.ndarray
    group: np.ndarray
    aptamer: np.ndarray
    predicted: np.ndarray
    difference: np.ndarray
    strength: np.ndarray | None
    distances: Distances | None = None
    ceiling: dict[str, float] | None = None

    @property
    def logits(self) -> np.ndarray:
        """Log-odds that the first is fitter, the mean over the orders, shape (n_pairs,)."""
        return average_of_orders(*self.orders)

    @property
    def probability(self) -> np.ndarray:
        """That the first is fitter, shape (n_pairs,)."""
        return expit(self.logits)


def load_predictions(
    logits: Path, scores: Path, aptamers: Path, reference: str | None = None
) -> Predictions:
    """Read what predict.py wrote for test pairs, and the aptamers that ingest.py wrote.

    Args:
        reference: from which distances are counted; None: the consensus of all aptamers.

    Raises:
        InputError: a predicted sequence is not among the aptamers, or the reference is no sequence.
    """
    known = read_aptamers(aptamers)
    scored = read_table(scores, ["sequence", "predicted"]).set_index("sequence")["predicted"]
    sequences = pd.Index(known["sequence"].unique())
    if not scored.index.isin(sequences).all():
        unknown = scored.index[~scored.index.isin(sequences)][0]
        raise InputError(f"{aptamers}: no aptamer {unknown}, which {scores} has")
    distances = known_distances(sequences.tolist(), reference)
    sequences = sequences[sequences.isin(scored.index)]
    if distances is not None:
        distances = distances._replace(differences=distances.differences.reindex(sequences))
    pairs, logit, swapped = read_logits(logits, sequences)

    truth = known_fitness(known, sequences, pairs)
    strength = None
    if known["fitness"].isna().any():
        strength = truth.set_index("sequence")["fitness"].reindex(sequences).to_numpy()
    aptamer = sequences.get_indexer(truth["sequence"])
    return Predictions(
        sequences=sequences,
        pairs=pairs,
        orders=(logit, swapped),
        fitness=truth["fitness"].to_numpy(),
        group=truth["group"].to_numpy(),
        aptamer=aptamer,
        predicted=scored.reindex(sequences).to_numpy()[aptamer],
        difference=fitness_difference(truth, sequences, pairs),
        strength=strength,
        distances=distances,
        ceiling=ceiling(known, sequences, pairs),
    )


@dataclass(frozen=True)
class Evaluation:
    """What is measured of predictions.

    Attributes:
        metrics: what metrics.json holds, after what it says of the model.
        reliability: tables of `calibration.reliability`, without and with calibration.
    """

    metrics: dict[str, Any]
    reliability: tuple[pd.DataFrame, pd.DataFrame]


def evaluate(predictions: Predictions, temperature: float, resamples: int, seed: int) -> Evaluation:
    """Measure predictions.

    Args:
        temperature: by which the model's logits were divided.
        resamples, seed: of the bootstrap over test aptamers.
    """
    pairs, probability = predictions.pairs, predictions.probability
    ranking = predictions.fitness, predictions.predicted, predictions.group
    # Of ready-made labels it is not known how far apart the two of a pair are.
    bands = [] if predictions.strength is not None else margin_bands(predictions.difference)
    by_margin = accuracy_by_margin(predictions.difference, correct(pairs.label, probability), bands)
    at_distance, within = figures_by_distance(predictions)
    intervals, of_bands = confidence_intervals(predictions, [*bands, *within], resamples, seed)
    uncalibrated = expit(predictions.logits * temperature)
    tables = reliability(pairs.label, uncalibrated), reliability(pairs.label, probability)
    noise = {}
    if predictions.strength is not None:
        noise["labels_against_ranking"] = contradicting(predictions.strength, pairs)
    metrics = {
        **pair_metrics(pairs.label, probability),
        "ece_uncalibrated": expected_calibration_error(pairs.label, uncalibrated),
        "temperature": temperature,
        **ranking_metrics(*ranking),
        **noise,
        "ceiling": predictions.ceiling,
        "ci": intervals,
        "accuracy_by_margin": with_intervals(by_margin, of_bands[: len(bands)]),
        "reference": reference_of(predictions),
        "by_distance": with_intervals(at_distance, of_bands[len(bands) :]),
        "top": [top_recall(*ranking, cut) for cut in CUTS],
        "reliability": tables[1].to_dict("records"),
        "consistency": contradictions(predictions, seed),
    }
    # JSON has no NaN; ROC AUC is NaN if all labels are equal.
    finite = {key: None if is_nan(value) else value for key, value in metrics.items()}
    return Evaluation(finite, tables)


def figures_by_distance(predictions: Predictions) -> tuple[list[dict], list[np.ndarray]]:
    """The figures of each band of distance, and its pairs; none where no distance is known."""
    if predictions.distances is None:
        return [], []
    distances = ByDistance(predictions.distances.differences.to_numpy(), predictions.pairs)
    figures = distances.figures(
        correct(predictions.pairs.label, predictions.probability),
        *(predictions.fitness, predictions.predicted),
        *(predictions.group, predictions.aptamer),
    )
    return figures, distances.pairs


def reference_of(predictions: Predictions) -> dict[str, Any] | None:
    """The reference that distances are counted from: sequence, and whether it was guessed."""
    return None if predictions.distances is None else predictions.distances.reference._asdict()


def with_intervals(bands: list[dict], intervals: list[list[float] | None]) -> list[dict] | None:
    """Bands with the interval of their accuracy as `ci`; None where there are no bands."""
    rows = [
        band | {"ci": None if band["accuracy"] is None else ends}
        for band, ends in zip(bands, intervals, strict=True)
    ]
    return rows or None


def is_nan(value: object) -> bool:
    """Whether a value is a number that is not one."""
    return isinstance(value, float) and np.isnan(value)


def confidence_intervals(
    predictions: Predictions, bands: list[np.ndarray], resamples: int, seed: int
) -> tuple[dict[str, list[float] | None], list[list[float] | None]]:
    """95 % intervals of the metrics that have one, and of the accuracy in each band of pairs."""
    pairs, probability, count = (
        predictions.pairs,
        predictions.probability,
        len(predictions.sequences),
    )
    right = correct(pairs.label, probability)
    names, ranking = intervals_of_rankings(
        predictions.fitness, predictions.predicted, predictions.group, predictions.aptamer
    )
    statistics = {
        metric.key: metric.resampled(pairs, probability, count)
        for metric in PAIR_METRICS
        if metric.resampled
    }
    of_bands = {
        f"band {number}": bootstrap.accuracy(pairs.take(band), right[band], count)
        for number, band in enumerate(bands)
    }
    values = bootstrap.bootstrap(
        statistics | {"ranking": ranking} | of_bands, count, resamples, seed
    )
    columns = {key: values[key] for key in statistics}
    columns |= dict(zip(names, values["ranking"].T, strict=True))
    return (
        {key: bootstrap.interval(column) for key, column in columns.items()},
        [bootstrap.interval(values[key]) for key in of_bands],
    )


def contradictions(predictions: Predictions, seed: int) -> dict[str, Any]:
    """How often answers contradict each other, for one order of each pair and for both averaged."""
    pairs, count = predictions.pairs, len(predictions.sequences)
    logits = {"before": predictions.orders[0], "after": predictions.logits}
    return {
        "order_disagreement": order_disagreement(*predictions.orders),
        "cycles": {
            when: circular_triads(pairs.first, pairs.second, values, count, seed)
            for when, values in logits.items()
        },
    }
