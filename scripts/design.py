"""Design aptamers that trained models score high, by a genetic algorithm."""

from functools import partial

import click
import numpy as np

from aptarank.core.errors import InputError
from aptarank.core.log import logger, progress
from aptarank.core.tables import read_aptamers, write_csv
from aptarank.models.encoder import pick_device
from aptarank.models.scorer import Scorer
from aptarank.programs.cli import PATH, WRITTEN, Program, device_option, threads_option
from aptarank.programs.schema_options import WholeNumber, rule_of, setting
from aptarank.report.html_table import write_page
from aptarank.report.plots_design import plot_design
from aptarank.use.constraints import BASES, Constraints, Space, bases, to_codes
from aptarank.use.genetic import GeneticSettings, evolve, standardised, summarise
from aptarank.use.lineage import ancestry, candidates
from aptarank.use.load_scorer import check_scores_aptamers, load_scorer
from aptarank.values.sequences import as_tokens

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
    models,
    known,
    length,
    gc,
    forbidden,
    homopolymer,
    five_primer,
    three_primer,
    min_distance,
    start,
    keep,
    device,
    threads,
    output,
    history,
    lineage,
    plot,
    **others,
):
    """Design aptamers by a genetic algorithm: tournaments, crossover, mutation, insertion and
    deletion within constraints, no aptamer scored twice.

    A designed aptamer is a hypothesis: the model's, about what it has not seen.

    Example: python scripts/design.py --model results/example/example/rank/seed-1/onnx/model.onnx
    --known results/example/example/aptamers.csv --generations 50 --min-distance 2
    """
    settings = GeneticSettings(**others)
    place, warning = pick_device(device)
    if warning:
        logger.warning(warning)
    table = read_aptamers(known).drop_duplicates("sequence")
    if table.empty:
        raise InputError(f"{known}: no aptamer; expected those that the models were trained on")
    sequences = [as_tokens(sequence) for sequence in table["sequence"]]
    sizes = table["sequence"].str.len()
    shortest, longest = length or (int(sizes.min()), int(sizes.max()))
    if shortest < sizes.min() or longest > sizes.max():
        logger.warning(
            "length is from %d to %d bases, but known aptamers have %d to %d: what the models say "
            "of other lengths is a guess",
            *(shortest, longest, sizes.min(), sizes.max()),
        )
    space = Space(
        Constraints(
            (shortest, longest),
            gc,
            forbidden,
            homopolymer,
            bases(five_primer or "", "five_primer"),
            bases(three_primer or "", "three_primer"),
            min_distance,
        ),
        sequences,
        composition(sequences),
        threads,
    )
    scorers = [load_scorer(path, threads, place) for path in models]
    check_models(models, scorers, settings.kappa, longest)

    def score(sequences: list[str]) -> np.ndarray:
        return np.stack([scorer.scores(sequences) for scorer in scorers])

    reference = score(sequences)
    score = standardised(score, reference, list(map(str, models)))
    objective = summarise(score(sequences), settings.kappa)["lcb"].to_numpy()
    best = np.argsort(-objective, kind="stable")
    first = []
    if start == "known":
        ranked = [sequences[row] for row in best if shortest <= len(sequences[row]) <= longest]
        fits = space.allows(to_codes(ranked, longest), np.array(list(map(len, ranked)), dtype=int))
        first = [sequence for sequence, fit in zip(ranked, fits, strict=True) if fit]
        logger.info(
            "the first generation has %d known aptamers, of %d that meet the constraints",
            *(min(len(first), settings.population), len(first)),
        )
    track = partial(progress, what="designing", unit="generations")
    scored, generations = evolve(score, space, settings, first, track)
    chemistry = set(table["chemistry"]) - {""}
    rna = chemistry == {"RNA"}
    if len(chemistry) > 1:
        logger.warning("known aptamers are DNA and RNA; designed ones are written as DNA")
    designed = candidates(scored, keep, space, table["id"].tolist(), rna)
    write_csv(designed, output)
    write_page(
        designed, "Designed aptamers: hypotheses, to be measured", output.with_suffix(".html")
    )
    write_csv(generations, history)
    write_csv(ancestry(scored, designed["id"]), lineage)
    plot_design(generations, float(objective.max()), settings.kappa, plot)
    last = int(generations["generation"].iloc[-1])
    if last < settings.generations:
        logger.warning(
            "stopped after generation %d of %d: no other allowed aptamer was found",
            *(last, settings.generations),
        )
    if len(designed) < keep:
        logger.warning("%d candidates, not %d: no more were scored", len(designed), keep)
    logger.info(
        "%s: the best %d of %d aptamers that were scored; the best has %.2f, the best known one "
        "%.2f (standard deviations of the known aptamers above their mean). They are hypotheses, "
        "to be measured.",
        *(output, len(designed), len(scored), designed["lcb"].max(), objective.max()),
    )


def composition(sequences: list[str]) -> np.ndarray:
    """Share of A, C, G, T, none of them 0; shape (4,)."""
    counts = np.array([sum(text.count(base) for text in sequences) for base in BASES]) + 1
    return counts / counts.sum()


def check_models(models: list, scorers: list[Scorer], kappa: float, longest: int) -> None:
    """Raise InputError where a model gives no scores, or they are asked for what they cannot do."""
    for path, scorer in zip(models, scorers, strict=True):
        check_scores_aptamers(scorer, path)
        if longest > scorer.max_bases:
            raise InputError(
                f"{path}: reads at most {scorer.limit} tokens, too few for aptamers of {longest} "
                "bases; lower the upper end of length"
            )
    if kappa and len(scorers) == 1:
        raise InputError(
            f"kappa is {kappa:g}, but there is one model, and uncertainty is the spread of "
            "several: name models of several seeds, or kappa 0"
        )


if __name__ == "__main__":
    main()
