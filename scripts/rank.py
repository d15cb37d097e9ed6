"""Rank candidates by a trained model, or by several of them."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from aptarank.columns.rows import make_options
from aptarank.core.errors import InputError
from aptarank.core.extras import is_installed
from aptarank.core.log import logger, tracker
from aptarank.core.tables import read_aptamers, write_csv
from aptarank.expected.interpretation import AT_LEAST, EXPECTED_COLUMNS, Meaning, read_meaning
from aptarank.models.inference import BATCH
from aptarank.models.model_files import weights_checksum
from aptarank.models.scorer import Scorer
from aptarank.pairing.split_table import training_sequences
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    Program,
    batch_size_option,
    device_option,
    threads_option,
)
from aptarank.programs.schema_options import setting
from aptarank.report.html_table import write_page
from aptarank.use.candidates import Candidates, read_candidates
from aptarank.use.judging import judge_candidates
from aptarank.use.load_scorer import home_of, load_scorer
from aptarank.use.ranking import (
    RANKING_COLUMNS,
    interval_holds,
    novelty,
    summarise,
)


@click.command(cls=Program)
@click.argument("files", metavar="CANDIDATES...", nargs=-1, required=True)
@click.option(
    "--model",
    "models",
    type=PATH,
    multiple=True,
    required=True,
    help="Folder that finetune.py writes, a variant of it, or its ONNX file; several: with other "
    "seeds, whose spread is the uncertainty.",
)
@click.option("--trained-on", type=PATH, help="aptamers.csv of the models, to see what is new.")
@click.option("--split", type=PATH, help="Of these, only the training part of this split.csv.")
@click.option(
    "--expected",
    type=PATH,
    multiple=True,
    help="What expect.py writes: adds expected values with intervals. Several: of several models.",
)
@setting("rank.group")
@setting("rank.at_least")
@setting("$defs.dataset.format")
@setting("rank.sequence")
@setting("rank.name")
@setting("rank.header")
@setting("rank.delimiter", type=str)  # the reader checks it
@setting("rank.encoding")
@setting("rank.sheet")
@setting("rank.full")
@setting("rank.comparisons")
@setting("rank.seed")
@batch_size_option(BATCH)
@device_option
@threads_option
@click.option(
    "-o",
    "--output",
    type=WRITTEN,
    default="ranking.csv",
    help="Candidates, best first;\n    a page and a plot are written next to it.",
)
@click.option("--rejected", type=WRITTEN, default="rejected_candidates.csv", help="Rejected rows.")
def main(
    files: tuple[str, ...],
    models: tuple[Path, ...],
    trained_on: Path | None,
    split: Path | None,
    expected: tuple[Path, ...],
    group: str | None,
    at_least: float | None,
    full: int,
    comparisons: float,
    seed: int,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
    rejected: Path,
    **reading: Any,
) -> None:
    """Rank CANDIDATES, files in any format that ingest.py reads; scores in them are not read.

    A rank model reads each candidate once; a pair model compares pairs of them in both orders.

    Example: python scripts/rank.py candidates.fasta --model
    results/example/example/rank/seed-1/model --trained-on results/example/example/aptamers.csv
    """
    if split and not trained_on:
        raise InputError("--split is of the aptamers of --trained-on; give both")
    if repeated := [path for path, times in Counter(models).items() if times > 1]:
        raise InputError(f"{repeated[0]}: given twice as --model; its spread would say nothing")
    candidates = read_candidates(files, make_options(**reading), tracker("reading", "rows"))
    scorers = [load_scorer(path, threads, device) for path in models]
    meaning = what_scores_mean(expected, models, scorers, group, at_least)
    table = accepted(candidates, scorers, ", ".join(files), rejected)
    known = None if trained_on is None else trained(trained_on, split)
    if known is not None and trained_on is not None:
        check_chemistry(table, known, ", ".join(files), trained_on)

    judge = partial(
        judge_candidates, full=full, comparisons=comparisons, seed=seed, batch_size=batch_size
    )
    scores, wins = zip(*(judge(each, table["sequence"].tolist()) for each in scorers), strict=True)
    ranking = pd.concat([table, summarise(np.array(scores))], axis=1)
    ranking["wins"] = np.mean(wins, axis=0)
    ranking = with_novelty(ranking, known, threads)
    ranking = with_expected(ranking, scores, meaning, is_compared=known is not None)
    ranking = ranking.sort_values(["score", "sequence"], ascending=[False, True])
    ranking["rank"] = ranking["score"].rank(ascending=False, method="min").astype(int)
    columns = [*RANKING_COLUMNS, *EXPECTED_COLUMNS, *([AT_LEAST] if AT_LEAST in ranking else [])]
    write_csv(ranking[columns], output)
    write_page(ranking[columns], "Candidates, best first", output.with_suffix(".html"))
    if is_installed("matplotlib"):
        from aptarank.report.plots_ranking import plot_candidates

        plot_candidates(ranking, output.with_suffix(".svg"))
    logger.info("%s: %d candidates", output, len(ranking))


def accepted(
    candidates: Candidates, scorers: Sequence[Scorer], source: str, rejected: Path
) -> pd.DataFrame:
    """The candidates that are ranked; the others are written to `rejected`.

    Raises:
        InputError: no candidate is left.
    """
    candidates = reject_too_long(candidates, scorers)
    write_csv(candidates.rejected, rejected)
    logger.info(
        "%d rows = %d candidates + %d rejected (%s) + %d merged as duplicates",
        candidates.rows,
        len(candidates.table),
        len(candidates.rejected),
        rejected,
        candidates.merged,
    )
    if candidates.table.empty:
        first = candidates.rejected.iloc[0]
        raise InputError(
            f"{source}: no candidate is left; the first of {candidates.rows} rows was "
            f"rejected for: {first['reason']} ({first['source']}, line {first['line']})"
        )
    return candidates.table


def reject_too_long(candidates: Candidates, scorers: Sequence[Scorer]) -> Candidates:
    """The candidates that every model can read; the others are rejected."""
    for scorer in scorers:
        long = candidates.table["sequence"].str.len() > scorer.max_bases
        reason = (
            f"too long: a {scorer.kind.name} model of {scorer.limit} tokens reads "
            f"{scorer.max_bases} bases"
        )
        candidates = candidates.without(long.map({True: reason, False: ""}))
    return candidates


def trained(aptamers: Path, split: Path | None) -> pd.DataFrame:
    """The aptamers that the models were trained on."""
    known = read_aptamers(aptamers)
    if split is not None:
        known = known[known["sequence"].isin(training_sequences(split))]
    if known["sequence"].nunique() < 2:
        raise InputError(f"{aptamers}: fewer than two aptamers to compare candidates with")
    return known


def check_chemistry(
    candidates: pd.DataFrame, known: pd.DataFrame, source: str, trained_on: Path
) -> None:
    """Refuse candidates none of which has the chemistry of the aptamers that the model knows."""
    theirs, ours = set(candidates["chemistry"]), set(known["chemistry"])
    if not theirs & ours:
        raise InputError(
            f"{source}: the candidates are {' and '.join(sorted(theirs))}, but the model was "
            f"trained on {' and '.join(sorted(ours))} ({trained_on}); rank them by a model of "
            "their own, or leave --trained-on out if you know that it carries over"
        )


def what_scores_mean(
    expected: Sequence[Path],
    models: Sequence[Path],
    scorers: Sequence[Scorer],
    group: str | None,
    at_least: float | None,
) -> Meaning | None:
    """What the scores mean by the files of expect.py; None where that is not known.

    Raises:
        InputError: the files are not of these models, or a value is wanted that they cannot give.
    """
    if not expected:
        if at_least is not None:
            raise InputError(
                "--at-least is a value in the scale of your file, and only --expected, what "
                "expect.py writes, says what a score is in it; give it too"
            )
        return None
    for path, scorer in zip(models, scorers, strict=True):
        if not scorer.kind.scores_aptamers:
            raise InputError(
                f"{path}: a model of kind {scorer.kind.name} has no score that could have a unit; "
                "leave out --expected and --at-least, or rank by a model that scores aptamers"
            )
    weights = {path: weights_checksum(home_of(path)) for path in models}
    try:
        meaning = read_meaning(expected, weights, group, at_least)
    except LookupError as reason:
        problem = f"{', '.join(map(str, expected))}: no expected values: {reason.args[0]}"
        if at_least is not None:
            raise InputError(f"{problem}; --at-least needs them") from None
        logger.warning("%s", problem)
        return None
    logger.info("expected: %s, with %.4g %% intervals", meaning.quantity, 100 * meaning.level)
    if any(np.isinf(each.half_width) for each in meaning.maps):
        fewest = min(each.aptamers for each in meaning.maps)
        logger.warning(
            "the intervals are infinite: %d validation aptamers are too few for %.4g %%",
            fewest,
            100 * meaning.level,
        )
    return meaning


def with_novelty(ranking: pd.DataFrame, known: pd.DataFrame | None, threads: int) -> pd.DataFrame:
    """Add how new the candidates are, and say how many lie outside of what the models know."""
    if known is None:
        logger.info(
            "not checked: whether the candidates resemble what the model was trained on; give "
            "--trained-on its aptamers.csv"
        )
        return ranking.assign(nearest="", distance=np.nan, outside="")
    track = tracker("nearest known aptamers", "blocks")
    ranking = pd.concat([ranking, novelty(ranking, known, threads, track)], axis=1)
    if outside := int((ranking["outside"] != "").sum()):
        logger.warning("%d of %d lie outside of what the model has seen", outside, len(ranking))
    return ranking


def with_expected(
    ranking: pd.DataFrame,
    scores: Sequence[np.ndarray],
    meaning: Meaning | None,
    *,
    is_compared: bool,
) -> pd.DataFrame:
    """Add what the scores mean, and whether the intervals hold (empty where that is not known)."""
    if meaning is None:
        return ranking.assign(**dict.fromkeys(EXPECTED_COLUMNS, np.nan))
    ranking = pd.concat([ranking, meaning.of(scores)], axis=1)
    if not is_compared:
        return ranking.assign(holds="")
    ranking["holds"] = interval_holds(ranking, meaning.farthest)
    if doubtful := int((~ranking["holds"]).sum()):
        logger.warning("the intervals of %d candidates may not hold (column holds)", doubtful)
    return ranking


if __name__ == "__main__":
    main()
