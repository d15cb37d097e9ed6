"""Learn on validation aptamers what a model's scores are in the scale of the user's data."""

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.log import logger, progress, tracker
from aptarank.core.tables import read_aptamers, read_json, write_csv
from aptarank.expected.conformal import fewest, fit_score_map
from aptarank.expected.coverage import (
    ALL,
    COVERAGE_COLUMNS,
    coverage_table,
    differences_from_consensus,
    judged,
)
from aptarank.expected.expected_file import Expected, ModelMaps, write_expected
from aptarank.expected.quantity import quantity_of
from aptarank.expected.score_map import ScoreMap
from aptarank.models.model_files import weights_checksum
from aptarank.pairing.nearest import nearest
from aptarank.pairing.split_table import read_split
from aptarank.pairing.splits import ALL_PARTS
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    OfResults,
    check_folder,
    device_option,
    folders_by_name,
    models_option,
    threads_option,
)
from aptarank.programs.schema_options import setting
from aptarank.report.plots_coverage import plot_coverage
from aptarank.use.load_scorer import check_scores_aptamers, load_scorer
from aptarank.use.ranking import interval_holds, novelty


@click.command(cls=OfResults)
@models_option
@click.option("--predictors", type=PATH, help="What baselines.py --models writes: each in it.")
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--ingestion", type=PATH, required=True, help="What ingest.py --summary writes.")
@click.option("--split", type=PATH, required=True, help="What split.py writes.")
@setting("expected.level")
@device_option
@threads_option
@click.option("-o", "--output", type=WRITTEN, default="expected.json", help="For rank.py.")
@click.option(
    "--coverage",
    type=WRITTEN,
    default="coverage.csv",
    help="How often the intervals hold on test aptamers;\n    a plot is written next to it.",
)
def main(
    models: tuple[tuple[str, Path], ...],
    predictors: Path | None,
    aptamers: Path,
    ingestion: Path,
    split: Path,
    level: float,
    device: str,
    threads: int,
    output: Path,
    coverage: Path,
) -> None:
    """Fit a map from scores to the measured scale on validation aptamers, with an interval, and
    measure on test aptamers how often the interval holds.

    Example: python scripts/expect.py --model rank results/example/example/rank/seed-1/model
    --aptamers aptamers.csv --ingestion ingestion.json --split split.csv
    """
    folders = folders_by_name(models)
    if predictors is not None:
        check_folder(predictors, "what baselines.py --models writes")
        folders |= {path.name: path for path in sorted(predictors.iterdir()) if path.is_dir()}
    elif not folders:
        raise InputError("give --model or --predictors: whose scores are to be explained?")
    quantity = quantity_of(read_json(ingestion), ingestion)
    table = read_aptamers(aptamers)
    groups, rows = sorted(table["group"].unique()), measured_rows(table, split)
    scorers = {name: load_scorer(path, threads, device) for name, path in folders.items()}
    for name, scorer in scorers.items():
        check_scores_aptamers(scorer, folders[name])
    is_validation, is_test = (rows["part"] == part for part in ("validation", "test"))
    test, farthest = rows[is_test], farthest_validated(rows, threads)
    test = test.assign(
        holds=tested_like(test, rows, farthest, threads),
        differences=differences_from_consensus(
            test["sequence"].tolist(), rows.loc[rows["part"] == "train", "sequence"].tolist()
        ),
    )
    fitted, tables, tested = [], [], []
    left_out: dict[str, str] = {}
    for name, scorer in progress(list(scorers.items()), "scoring", "models"):
        scores = [scorer.scores(own["sequence"].tolist()) for own in (rows[is_validation], test)]
        maps, left_out = fit_maps(rows[is_validation], scores[0], level, groups)
        fitted.append(ModelMaps(name, weights_checksum(folders[name]), tuple(maps.values())))
        tested.append(judged(test, scores[1], maps, name))
        tables.append(coverage_table(tested[-1]))
    for group, reason in left_out.items():
        named = f"group {group}: " if group else ""
        logger.warning("%sno expected values: %s", named, reason)
    found = Expected(quantity, level, farthest, left_out, tuple(fitted))
    write_expected(found, output)
    shares = pd.concat([pd.DataFrame(columns=COVERAGE_COLUMNS), *tables], ignore_index=True)
    write_csv(shares, coverage)
    plot_coverage(shares, tested, level, coverage.with_suffix(".svg"))
    report(found, shares, output)


def measured_rows(aptamers: pd.DataFrame, split: Path) -> pd.DataFrame:
    """The aptamers that have a value (not only a bound), with their part; a row for each group."""
    rows = aptamers.assign(part=aptamers["sequence"].map(read_split(split)))
    if rows["part"].isna().all():
        raise InputError(f"{split}: has none of the aptamers; expected the split of this dataset")
    if (rows["part"] == ALL_PARTS).any():
        logger.warning("the split is by pairs: every aptamer is in training, and none is left")
    exact = np.isfinite(rows[["fitness", "low", "high"]]).all(axis=1)
    return rows[exact].reset_index(drop=True)


def fit_maps(
    rows: pd.DataFrame, score: np.ndarray, level: float, groups: Sequence[str]
) -> tuple[dict[str, ScoreMap], dict[str, str]]:
    """A map for each group that has enough validation aptamers, and why the others have none.

    Args:
        rows: validation aptamers, one for each score.
    """
    maps, left_out = {}, {}
    for group in groups:
        own = (rows["group"] == group).to_numpy()
        try:
            fitness = rows.loc[own, "fitness"].to_numpy()
            maps[group] = fit_score_map(score[own], fitness, level, group)
        except ValueError as reason:
            left_out[group] = str(reason)
    return maps, left_out


def farthest_validated(rows: pd.DataFrame, threads: int) -> float:
    """The greatest distance of a validation aptamer from its nearest training aptamer; 0 if there
    are none.
    """
    validation, train = (
        rows.loc[rows["part"] == part, "sequence"].unique().tolist()
        for part in ("validation", "train")
    )
    if not validation or not train:
        return 0.0
    track = tracker("nearest training aptamers", "blocks")
    return float(nearest(validation, train, threads, track)[1].max())


def tested_like(
    test: pd.DataFrame, rows: pd.DataFrame, farthest: float, threads: int
) -> np.ndarray | float:
    """Whether the interval of each test aptamer is said to hold; NaN for unknown."""
    train = rows[rows["part"] == "train"]
    if test.empty or train["sequence"].nunique() < 2:
        return np.nan
    novel = novelty(test, train, threads, tracker("nearest training aptamers", "blocks"))
    return interval_holds(novel, farthest).to_numpy()


def report(found: Expected, table: pd.DataFrame, output: Path) -> None:
    """Say how wide the intervals are, and how often they hold."""
    for model in found.models:
        for each in model.maps:
            if np.isinf(each.half_width):
                logger.warning(
                    "%s: the intervals are infinite: %d validation aptamers, and %.4g %% needs %d",
                    f"{model.name}, group {each.group}" if each.group else model.name,
                    each.aptamers,
                    100 * found.level,
                    fewest(found.level),
                )
    for row in table[table["of"] == ALL].itertuples():
        logger.info(
            "%s: %.4g %% intervals hold %.3f of %d test aptamers; mean width %.4g in units of the "
            "fitness",
            row.model,
            100 * found.level,
            row.coverage,
            row.n_aptamers,
            row.mean_width,
        )
    logger.info("%s: %s", output, found.quantity)


if __name__ == "__main__":
    main()
