"""Score and rank aptamers in Python with a trained model, and propose what to measure next.

    from aptarank.api import load, propose, rank, score

    model = load("results/example/example/blend/seed-1/onnx/model.onnx")
    score(model, ["GGTTGGTGTGGTTGG", "GGTTGGTGTGGTTGC"])
    rank(model, ["GGTTGGTGTGGTTGG", "GGTTGGTGTGGTTGC"])
    propose(["GGTTGG", "GGTTGC", "GGATGG"], [3, 1, 2], candidates=["GGTTAG", "GGCTGG"], size=1)

A model that is an ONNX file needs neither PyTorch nor transformers; `propose` needs SciPy alone.
What the functions take and give stays as it is within a major version.
"""

from collections import Counter
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from aptarank.config.schema import default, rule_of
from aptarank.core.errors import InputError
from aptarank.core.extras import require
from aptarank.models.inference import BATCH
from aptarank.models.scorer import Scorer
from aptarank.use.judging import judge_candidates
from aptarank.use.load_scorer import check_scores_aptamers, load_scorer
from aptarank.use.ranking import summarise
from aptarank.values.sequences import as_tokens, chemistry, normalise

__all__ = ["load", "propose", "rank", "score"]


def load(path: str | PathLike[str], threads: int = 1, device: str = "auto") -> Scorer:
    """Load a trained model.

    Args:
        path: an ONNX file of a run (`onnx/model.onnx`), or a folder `model`, `repository` or
            `variants/…`. The tokenizer is taken from the files beside it.
        threads: of the processor.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        InputError: there is no model, it is damaged, or a package that it needs is missing.
    """
    if device not in rule_of("device")["enum"]:
        raise InputError(f"device {device!r}; expected one of auto, cpu, cuda")
    if threads < 1:
        raise InputError(f"threads {threads}; expected at least 1")
    return load_scorer(Path(path), threads, device)


def score(model: Scorer, sequences: Sequence[str]) -> np.ndarray:
    """The score of each aptamer, higher is fitter.

    Sigmoid of a difference of two scores is the probability that the first aptamer is fitter. The
    zero of the scores means nothing.

    Args:
        sequences: of DNA or RNA, in any notation that files may have.

    Returns:
        float64, shape (n_sequences,).

    Raises:
        InputError: a model that compares pairs, or a sequence that it cannot read.
    """
    check_scores_aptamers(model, Path("the model"))
    return model.scores(read_all(sequences), BATCH)


def rank(model: Scorer, sequences: Sequence[str]) -> pd.DataFrame:
    """Rank aptamers by a model of either kind, the best first.

    Returns:
        A row for each sequence: `rank` (from 1; equals share one), `sequence` as it was given,
        `score` (log-odds against the median of them), `win_probability` against the median, and
        `wins`, the share of the others that it beats (NaN of a single one).

    Raises:
        InputError: no sequence, one given twice, or one that the model cannot read.
    """
    sequences = sequences if isinstance(sequences, str | bytes) else list(sequences)
    read = read_all(sequences)
    if not read:
        raise InputError("no sequences to rank")
    times = Counter(map(as_tokens, read))
    if repeated := [text for text in read if times[as_tokens(text)] > 1]:
        raise InputError(f"{repeated[0]} is given more than once; rank each aptamer once")
    scores, wins = judge_candidates(
        model,
        read,
        full=default("rank.full"),
        comparisons=default("rank.comparisons"),
        seed=default("rank.seed"),
        batch_size=BATCH,
    )
    table = summarise(scores[None]).drop(columns="uncertainty")
    table = table.assign(sequence=list(sequences), wins=wins, read=read)
    table = table.sort_values(["score", "read"], ascending=[False, True], ignore_index=True)
    table["rank"] = table["score"].rank(ascending=False, method="min").astype(int)
    return table[["rank", "sequence", "score", "win_probability", "wins"]]


def propose(
    measured: Sequence[str],
    fitness: Sequence[float],
    candidates: Sequence[str],
    size: int = 24,
    strategy: str = "greedy",
    seed: int = 1,
) -> pd.DataFrame:
    """Propose which candidates to measure next, by a Gaussian process of the measured aptamers.

    Args:
        measured: each sequence once.
        fitness: of each, higher is better; not all equal.
        candidates: each sequence once, none of them measured; at least `size`.
        strategy: greedy, ucb, ei, thompson or random.

    Returns:
        A row for each chosen candidate, in the order of the choice: `sequence` as it was given,
        `role` (exploit or explore), `expected` fitness, the 90 % interval of a measurement
        `expected_low` to `expected_high`, and `why`.

    Raises:
        InputError: too few candidates or measurements, or what is not as said above.
    """
    require("scipy", "propose")
    from aptarank.acquisition import choosing

    measured, candidates = list(measured), list(candidates)
    known, new = read_all(measured), read_all(candidates)
    kinds = {chemistry(text) for text in [*known, *new]} - {None}
    if len(kinds) > 1:
        raise InputError("DNA and RNA in one call: expected sequences of one chemistry")
    try:
        values = np.asarray(list(fitness), dtype=float)
    except (TypeError, ValueError):
        raise InputError("a fitness that is no number; expected one for each aptamer") from None
    tokens = [list(map(as_tokens, texts)) for texts in (known, new)]
    if len(known) != len(values) or len(known) < 2 or not np.isfinite(values).all():
        raise InputError("expected a finite fitness for each of at least two measured aptamers")
    if np.ptp(values) == 0:
        raise InputError("all measured aptamers have one fitness; there is nothing to learn")
    if len(set(tokens[0] + tokens[1])) < len(known) + len(new):
        raise InputError("a sequence is given more than once, or a candidate was measured")
    allowed = rule_of("next.strategy")["enum"]
    if strategy not in allowed or strategy == "spread":
        raise InputError(f"strategy {strategy!r}; expected greedy, ucb, ei, thompson or random")
    if size != int(size) or not 1 <= size <= len(new):
        raise InputError(f"size {size}; expected 1 to {len(new)}, the number of candidates")
    settings = choosing.Settings(
        strategy, int(size), default("next.kappa"), default("next.diversity"), seed
    )
    given = choosing.Measured(tokens[0], values, np.zeros(len(known), dtype=bool))
    batch = choosing.propose(given, tokens[1], settings, None)
    rows = batch.rows
    columns = {"sequence": [candidates[row] for row in rows], "role": choosing.roles(batch)}
    columns |= {"expected": batch.fitness[rows], "expected_low": batch.low[rows]}
    columns |= {"expected_high": batch.high[rows], "why": choosing.reasons(batch, strategy)}
    return pd.DataFrame(columns)


def read_all(sequences: Sequence[str]) -> list[str]:
    """The bases of each sequence, as the pipeline reads them in files.

    Raises:
        InputError: one is not a sequence of bases; says which.
    """
    if isinstance(sequences, str | bytes):
        raise InputError("expected a list of sequences, not a single text")
    read = []
    for number, text in enumerate(sequences, start=1):
        if not isinstance(text, str):
            raise InputError(f"sequence {number}: expected a text, not {text!r}")
        try:
            read.append(normalise(text))
        except ValueError as error:
            raise InputError(f"sequence {number}: {error}") from None
    return read
