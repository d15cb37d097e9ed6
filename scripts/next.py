"""Propose which aptamers to measure next, as a plate to order and to fill in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from aptarank.acquisition.choosing import FEWEST, Batch, Opinion
from aptarank.acquisition.known import FEWEST as FEWEST_KNOWN
from aptarank.acquisition.known import Known, check_as_known, is_test, nothing_known, read_known
from aptarank.acquisition.planning import (
    Wanted,
    choose_new,
    extra_wells,
    find_candidates,
    is_rna,
    space_of,
    wells_left,
)
from aptarank.acquisition.plate import Terms, layout, plate_of
from aptarank.acquisition.sources import allowed, check_enough
from aptarank.columns.rows import make_options
from aptarank.config.next_settings import SPREAD
from aptarank.core.errors import InputError
from aptarank.core.log import logger, tracker
from aptarank.core.tables import write_csv
from aptarank.programs.cli import PATH, WRITTEN, Program, device_option, threads_option
from aptarank.programs.schema_options import WholeNumber, rule_of, setting
from aptarank.report.plate_page import write_plate_page
from aptarank.report.plots_next import plot_batch, plot_spread
from aptarank.use.load_scorer import check_scores_aptamers, load_scorer
from aptarank.workflow.filled_plates import measured_in

WELLS = 24  # of the program alone: the config's default, 0, leaves the rule out


@click.command(cls=Program)
@click.argument("files", metavar="[CANDIDATES]...", nargs=-1)
@click.option("--known", type=PATH, help="What ingest.py writes: the measured aptamers.")
@click.option("--ingestion", type=PATH, help="What ingest.py --summary writes.")
@click.option("--rejected", type=PATH, help="What ingest.py --rejected writes: not proposed again.")
@click.option("--split", type=PATH, help="What split.py writes: what --model has not seen.")
@click.option(
    "--model",
    "models",
    type=PATH,
    multiple=True,
    help="A trained model that scores aptamers: its folder or ONNX file; several: of other seeds.",
)
@click.option("--dataset", default="", help="What the plate is for, as run/dataset.")
@setting("next.size", type=WholeNumber(min=1, max=rule_of("next.size")["maximum"]), default=WELLS)
@setting("next.strategy")
@setting("next.kappa")
@setting("next.diversity")
@setting("next.controls")
@click.option("--no-controls", is_flag=True, help="Measure no controls.")
@setting("next.replicates")
@setting("next.parent")
@setting("next.parents")
@setting("next.within")
@setting("next.group")
@setting("next.sequence")
@setting("next.name")
@setting("next.length")
@setting("next.gc")
@setting("next.forbidden")
@setting("next.homopolymer")
@setting("next.five_primer")
@setting("next.three_primer")
@setting("next.min_distance")
@setting("next.chemistry")
@setting("next.better")
@setting("next.unit")
@setting("next.seed")
@click.option(
    "--with-t",
    is_flag=True,
    help="CANDIDATES are written with T, whatever they are, as screen.py and design.py do.",
)
@device_option
@threads_option
@click.option(
    "-o",
    "--output",
    type=WRITTEN,
    default="plate.csv",
    help="The plate;\n    a page and a plot of the candidates are written next to it.",
)
def main(
    files: tuple[str, ...],
    known: Path | None,
    ingestion: Path | None,
    rejected: Path | None,
    split: Path | None,
    models: tuple[Path, ...],
    dataset: str,
    sequence: str | None,
    name: str | None,
    group: str | None,
    better: str | None,
    unit: str | None,
    device: str,
    threads: int,
    output: Path,
    *,
    no_controls: bool,
    with_t: bool,
    **chosen: Any,
) -> None:
    """Propose a plate: which of CANDIDATES (files), or of the mutants of the best, to measure next.

    Nothing that was measured or rejected is proposed again, but for controls and replicates.

    Example: python scripts/next.py --known results/example/example/aptamers.csv --ingestion
    results/example/example/ingestion.json --size 24
    """
    layout(chosen["size"])
    check_empty(output)
    threadpool_limits(threads)  # more of them wait for each other where other programs run
    if known is None and models:
        raise InputError("--model needs --known, the aptamers that it was trained on")
    before = nothing_known(better, unit)
    if known is not None:
        if ingestion is None:
            raise InputError("--known needs --ingestion, what ingest.py wrote beside it")
        fewest = 0 if chosen["strategy"] == SPREAD else FEWEST_KNOWN
        before = read_known(known, ingestion, rejected, split, group, fewest)
        check_as_known(better, unit, before.quantity)
    wanted = Wanted(**chosen | ({"controls": ()} if no_controls else {}))
    extra = extra_wells(before, wanted)
    count = wells_left(wanted, extra)
    options = make_options(sequence=sequence, name=name)
    kinds = set() if with_t else before.chemistry
    candidates = find_candidates(files, options, before, wanted, kinds, tracker("reading", "rows"))
    space = space_of(wanted, before, candidates, threads)
    left = allowed(candidates, space, before.taken)
    check_enough(left, count)
    opinion = opinion_of(models, before, left.table["sequence"].tolist(), threads, device)
    say_how(wanted, before, left.table, left.counts, has_opinion=opinion is not None)
    new, batch = choose_new(left.table, count, before, wanted, opinion)
    if batch is not None and opinion is not None:
        logger.info("weights: %.2f of the Gaussian process, %.2f of the model", *batch.weights)
    ends = (space.constraints.five, space.constraints.three)
    if any(ends):
        logger.info("ordered with the primers %s … %s", *ends)
    rna = is_rna(wanted, before, candidates)
    terms = Terms(dataset, before.round, before.quantity, before.group, *ends, rna)
    plate = plate_of(pd.concat([new, extra]), terms, before.table, threads)
    write(plate, len(new), output)
    plot(batch, new, left.table, before, wanted.seed, output.with_suffix(".svg"))


def write(plate: pd.DataFrame, new: int, output: Path) -> None:
    """Write a plate and its page; `new` is the number of new aptamers on it."""
    write_csv(plate, output)
    write_plate_page(plate, output.with_suffix(".html"))
    logger.info(
        "%s: %d wells, %d of them new aptamers. Order the column sequence, fill in the column "
        "measured, and give the file to the dataset as one more path",
        *(output, len(plate), new),
    )


def check_empty(output: Path) -> None:
    """Raise InputError where a plate that somebody has filled in would be written over."""
    if any(measured_in(output).values()):
        raise InputError(
            f"{output}: a plate that is filled in; write the next one to another file (-o), or "
            "move this one"
        )


def plot(
    batch: Batch | None,
    new: pd.DataFrame,
    candidates: pd.DataFrame,
    known: Known,
    seed: int,
    path: Path,
) -> None:
    """Plot the candidates, with those that were chosen."""
    if batch is None:
        rows = np.flatnonzero(candidates["sequence"].isin(new["sequence"]))
        plot_spread(candidates["sequence"], rows, seed, path)
    else:
        best = float(known.quantity.value_of(known.table["fitness"].max()))
        plot_batch(batch, new["role"].tolist(), known.quantity, best, seed, path)


def opinion_of(
    models: Sequence[Path], known: Known, candidates: Sequence[str], threads: int, device: str
) -> Opinion | None:
    """What trained models say of the measured aptamers and of candidates; None without models, or
    where too few test aptamers could tell how much that counts.
    """
    if not models:
        return None
    if (tested := int(is_test(known).sum())) < FEWEST:
        logger.info(
            "%d test aptamers with a value are too few to tell what the trained model adds (it "
            "takes %d): the Gaussian process of the measured ones decides alone",
            *(tested, FEWEST),
        )
        return None
    scores = []
    for path in models:
        scorer = load_scorer(path, threads, device)
        check_scores_aptamers(scorer, path)
        both = [scorer.scores(part) for part in (known.table["sequence"].tolist(), candidates)]
        middle, spread = both[0].mean(), both[0].std() or 1.0
        scores.append([(part - middle) / spread for part in both])
    measured, new = (np.mean([each[at] for each in scores], axis=0) for at in (0, 1))
    return Opinion(measured, new)


def say_how(
    wanted: Wanted,
    known: Known,
    candidates: pd.DataFrame,
    left_out: dict[str, int],
    *,
    has_opinion: bool,
) -> None:
    """Log what the plate is chosen from, and how."""
    for why, number in left_out.items():
        logger.info("%d candidates left out: %s", number, why)
    if known.left_out:
        logger.info(
            "%d measured aptamers with a bound or range that tells too little are not learnt from",
            known.left_out,
        )
    if known.table.empty or wanted.strategy == SPREAD:
        before = f"{len(known.table)} aptamers were" if len(known.table) else "nothing was"
        logger.info("%d candidates, spread out; %s measured before", len(candidates), before)
        return
    by = "the trained model and a Gaussian process" if has_opinion else "a Gaussian process"
    bounds = int((~known.table["exact"].astype(bool)).sum())
    of_bounds = f" ({bounds} of them bounds or ranges)" if bounds else ""
    logger.info(
        "round %d: %d candidates, strategy %s, by %s of %d measured aptamers%s; %s",
        *(known.round, len(candidates), wanted.strategy),
        *(by, len(known.table), of_bounds, known.quantity),
    )


if __name__ == "__main__":
    main()
