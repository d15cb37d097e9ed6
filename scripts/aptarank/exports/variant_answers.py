"""The logits of a variant for the pairs of a part, written, read and compared with another's."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.log import Track
from aptarank.evaluation.metrics import kendall_tau, mean_over_groups
from aptarank.exports.agreement import change
from aptarank.exports.variant_info import read_about
from aptarank.models.model_inputs import TokenizedAptamers, encode
from aptarank.models.scorer import Scorer
from aptarank.pairing.pair_store import StoredPairs
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.reference_fitness import known_fitness
from aptarank.training.batch_sampler import sample_pairs

VALIDATION_PAIRS = 4000  # at most, of a model that compares, to choose a variant by
LOGITS = "answers"  # folder of the logits, in that of the variant


@dataclass(frozen=True)
class Answers:
    """What a variant answers for the pairs of a part.

    Attributes:
        part: `validation` or `test`.
        sequences, encoded: the aptamers that `pairs` has indices into.
        logits: log-odds that the first is fitter, shape (n_pairs,).
    """

    part: str
    sequences: pd.Index
    encoded: TokenizedAptamers
    pairs: Pairs
    logits: np.ndarray


def answer(
    scorer: Scorer, path: Path, part: str, sequences: pd.Index, seed: int, track: Track
) -> Answers:
    """Run a variant on the pairs of a part.

    Args:
        path: the part's table of pairs.
        sequences: of all aptamers of the dataset.
        seed: of the draw of validation pairs, where a model that compares answers only some.
    """
    stored = StoredPairs(path, sequences)
    used = sequences[stored.only_used()]
    few = part == "validation" and not scorer.kind.scores_aptamers
    pairs = sample_pairs(stored, VALIDATION_PAIRS if few else stored.total, seed)
    encoded = encode(scorer.tokenizer, used)
    logits = scorer.pair_logits(encoded, pairs.first, pairs.second, track=track)
    return Answers(part, used, encoded, pairs, logits)


def accuracy_change(
    answers: Answers, baseline: Path | None, resamples: int, seed: int
) -> dict[str, float | None]:
    """Accuracy and ROC AUC, and their change from the baseline's; see `agreement.change`.

    Args:
        baseline: folder of the variant to compare with; None: with itself.
    """
    theirs = read_logits(baseline, answers) if baseline else answers.logits
    return change(answers.pairs, answers.logits, theirs, len(answers.sequences), resamples, seed)


def rank_change(
    scorer: Scorer, answers: Answers, aptamers: pd.DataFrame, baseline: Path | None
) -> dict[str, float]:
    """Kendall's tau with the fitness of the part's aptamers, and its change from the baseline's."""
    pairs = answers.pairs
    scores = scorer.scores_from_pairs(answers.encoded, pairs.first, pairs.second, [answers.logits])
    truth = known_fitness(aptamers, answers.sequences, pairs)
    predicted = scores[answers.sequences.get_indexer(truth["sequence"])]
    fitness, group = truth["fitness"].to_numpy(), truth["group"].to_numpy()
    tau = mean_over_groups(kendall_tau)(fitness, predicted, group)
    theirs = read_about(baseline)["test"]["kendall_tau"] if baseline else tau
    return {"kendall_tau": tau, "kendall_tau_change": tau - theirs}


def write_logits(answers: Answers, folder: Path) -> None:
    """Write the logits into the variant's folder, in the order of the pairs."""
    file = folder / LOGITS / f"{answers.part}.parquet"
    file.parent.mkdir(exist_ok=True)
    pd.DataFrame({"logit": answers.logits}).to_parquet(file, index=False)


def read_logits(folder: Path, answers: Answers) -> np.ndarray:
    """The logits of the variant in `folder` for the same pairs, shape (n_pairs,).

    Raises:
        InputError: it was skipped, or answered other pairs.
    """
    about = read_about(folder)
    file = folder / LOGITS / f"{answers.part}.parquet"
    if "test" not in about or not file.is_file():
        reason = about["skipped"] or "it was not finished"
        raise InputError(f"{folder}: nothing to compare with: {reason}")
    logits = pd.read_parquet(file)["logit"].to_numpy()
    if len(logits) != answers.pairs.total:
        raise InputError(
            f"{file}: answers {len(logits)} pairs; expected those of {answers.pairs.total}"
        )
    return logits
