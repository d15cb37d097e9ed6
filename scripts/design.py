"""Design aptamers that trained models score high, by a genetic algorithm."""

from functools import partial
from pathlib import Path
from typing import Any

import click
import pandas as pd

from aptarank.config.limits import bases
from aptarank.core.log import logger, tracker
from aptarank.core.tables import write_csv
from aptarank.programs.cli import PATH, WRITTEN, Program, device_option, threads_option
from aptarank.programs.schema_options import WholeNumber, rule_of, setting
from aptarank.report.html_table import write_page
from aptarank.report.plots_design import plot_design
from aptarank.use.constraints import Constraints, Space
from aptarank.use.genetic import GeneticSettings, evolve, standardised, summarise
from aptarank.use.known_aptamers import KnownAptamers, check_models, scores_by_model
from aptarank.use.lineage import ancestry, candidates
from aptarank.use.load_scorer import load_scorer

MANY = 200  # generations, of the programme alone: the config's default, 0, leaves the rule out


@click.command(cls=Program)
@click.option(
    "--model",
    "models",
    type=PATH,
    multiple=True,
    required=True,
    help="A rank model: its folder, a variant's or its ONNX file. Several are an ensemble.",
)
@click.option("--known", type=PATH, required=True, help="What ingest.py writes: known aptamers.")
@setting("design.population")
@setting(
    "design.generations",
    type=WholeNumber(min=1, max=rule_of("design.generations").get("maximum")),
    default=MANY,
    help="Number of generations after the first.",
)
@setting("design.tournament")
@setting("design.crossover")
@setting("design.mutation")
@setting("design.insertion")
@setting("design.deletion")
@setting("design.elite")
@setting("design.length")
@setting("design.gc")
@setting("design.forbidden")
@setting("design.homopolymer")
@setting("design.five_primer")
@setting("design.three_primer")
@setting("design.min_distance")
@setting("design.kappa")
@setting("design.start")
@setting("design.keep")
@setting("design.seed")
@device_option
@threads_option
@click.option("-o", "--output", type=WRITTEN, default="designed.csv", help="Table of the best.")
@click.option(
    "--history", type=WRITTEN, default="generations.csv", help="Table of the generations."
)
@click.option("--lineage", type=WRITTEN, default="lineage.csv", help="The best and all ancestors.")
@click.option("--plot", type=WRITTEN, default="design.svg", help="Plot of the generations.")
def main(
    models: tuple[Path, ...],
    known: Path,
    length: tuple[int, int] | None,
    gc: tuple[float, float],
    forbidden: tuple[str, ...],
    homopolymer: int | None,
    five_primer: str | None,
    three_primer: str | None,
    min_distance: int,
    start: str,
    keep: int,
    device: str,
    threads: int,
    output: Path,
    history: Path,
    lineage: Path,
    plot: Path,
    **genetic: Any,
) -> None:
    """Design aptamers by a genetic algorithm: tournaments, crossover, mutation, insertion and
    deletion within constraints, no aptamer scored twice.

    A designed aptamer is a hypothesis: the model's, about what it has not seen.

    Example: python scripts/design.py --model results/example/example/rank/seed-1/onnx/model.onnx
    --known results/example/example/aptamers.csv --generations 50 --min-distance 2
    """
    settings = GeneticSettings(**genetic)
    aptamers = KnownAptamers(known)
    lengths = aptamers.length_range(length)
    given = (("five_primer", five_primer), ("three_primer", three_primer))
    five, three = (bases(text or "", key, "design") for key, text in given)
    limits = Constraints(lengths, gc, forbidden, homopolymer, five, three, min_distance)
    space = Space(limits, aptamers.sequences, aptamers.composition(), threads)
    scorers = [load_scorer(path, threads, device) for path in models]
    check_models(models, scorers, settings.kappa, lengths[1])

    raw_score = partial(scores_by_model, scorers)
    score = standardised(raw_score, raw_score(aptamers.sequences), list(map(str, models)))
    objective = summarise(score(aptamers.sequences), settings.kappa)["lcb"].to_numpy()
    first = []
    if start == "known":
        first = aptamers.first_generation(objective, space, settings.population)
    scored, generations = evolve(score, space, settings, first, tracker("designing", "generations"))
    rna = aptamers.is_rna()
    designed = candidates(scored, keep, space, aptamers.table["id"].tolist(), rna=rna)
    write_csv(designed, output)
    write_page(
        designed, "Designed aptamers: hypotheses, to be measured", output.with_suffix(".html")
    )
    write_csv(generations, history)
    write_csv(ancestry(scored, designed["id"]), lineage)
    plot_design(generations, float(objective.max()), settings.kappa, plot)
    warn_if_ended_early(generations, settings.generations)
    if len(designed) < keep:
        logger.warning("%d candidates, not %d: no more were scored", len(designed), keep)
    logger.info(
        "%s: the best %d of %d aptamers that were scored; the best has %.2f, the best known one "
        "%.2f (standard deviations of the known aptamers above their mean). They are hypotheses, "
        "to be measured.",
        output,
        len(designed),
        len(scored),
        designed["lcb"].max(),
        objective.max(),
    )


def warn_if_ended_early(history: pd.DataFrame, generations: int) -> None:
    """Warn if the run found no more aptamers before the last generation."""
    last = int(history["generation"].iloc[-1])
    if last < generations:
        logger.warning(
            "stopped after generation %d of %d: no other allowed aptamer was found",
            last,
            generations,
        )


if __name__ == "__main__":
    main()
