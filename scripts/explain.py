"""Explain what a trained model says of aptamers: which bases matter, and how short they can be."""

from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from aptarank.core.errors import InputError
from aptarank.core.files import write_json
from aptarank.core.log import logger, tracker
from aptarank.core.tables import read_aptamers, write_csv
from aptarank.expected.interpretation import Meaning, read_meaning
from aptarank.explanation.changes import Explained, mean_score
from aptarank.explanation.choosing import Chosen, choose
from aptarank.explanation.effects import position_effects, word_effects
from aptarank.explanation.maps import (
    dependency_map,
    importance,
    mutation_map,
    region_of,
    shortest_within,
    truncation_scan,
)
from aptarank.explanation.verification import verify
from aptarank.models.inference import BATCH
from aptarank.models.model_files import weights_checksum
from aptarank.pairing.split_table import read_split
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
from aptarank.report.plots_explain import (
    letters_of,
    plot_dependencies,
    plot_logo,
    plot_mutations,
    plot_truncations,
    plot_words,
)
from aptarank.use.load_scorer import home_of, load_scorer
from aptarank.values.sequences import as_tokens

MOST_IMPORTANT = 5  # positions that the summary names


@click.command(cls=Program)
@click.argument("wanted", metavar="APTAMER...", nargs=-1, required=True)
@click.option(
    "--model",
    "models",
    type=PATH,
    multiple=True,
    required=True,
    help="A trained model, its ONNX file or a variant; several: of other seeds.",
)
@click.option("--aptamers", type=PATH, help="What ingest.py writes: the measured aptamers.")
@click.option("--split", type=PATH, help="What split.py writes: which aptamers were held out.")
@click.option("--ranking", type=PATH, help="What rank.py writes.")
@click.option(
    "--expected",
    type=PATH,
    multiple=True,
    help="What expect.py writes, for values in the measured unit; one for each model.",
)
@setting("explain.group")
@setting("explain.shortest")
@setting("explain.loss")
@setting("explain.region")
@setting("explain.largest_region")
@setting("explain.many")
@setting("explain.word")
@setting("explain.fdr")
@setting("explain.seed")
@batch_size_option(BATCH)
@device_option
@threads_option
@click.option(
    "-o",
    "--output",
    type=WRITTEN,
    default="explained.csv",
    help="A summary, and as a page next to it.",
)
@click.option(
    "--maps",
    type=WRITTEN,
    default="maps",
    help="A folder for each aptamer, and one of what all have in common.",
)
def main(
    wanted: tuple[str, ...],
    models: tuple[Path, ...],
    aptamers: Path | None,
    split: Path | None,
    ranking: Path | None,
    expected: tuple[Path, ...],
    group: str | None,
    many: int,
    batch_size: int,
    device: str,
    threads: int,
    output: Path,
    maps: Path,
    **settings: Any,
) -> None:
    """Explain what a model says of APTAMERs: names, sequences, or best, ranked and parent.

    Example: python scripts/explain.py best --model
    results/example/example/rank/seed-1/onnx/model.onnx --aptamers
    results/example/example/aptamers.csv
    """
    known = None if aptamers is None else measured(aptamers, group)
    chosen = choose(wanted, known, ranking, str(aptamers))
    scorers = [load_scorer(path, threads, device) for path in models]
    meaning = meaning_of(expected, models, group)
    asked = Explained(scorers, meaning, batch_size, tracker("scoring"))
    lengths = set() if known is None else set(known["sequence"].str.len())
    held_out = tested(known, split)
    rows = [explain(asked, aptamer, lengths, held_out, settings, maps) for aptamer in chosen]
    table = pd.DataFrame(rows)
    write_csv(table, output)
    write_page(table, "What the model says of aptamers", output.with_suffix(".html"))
    if known is not None and many:
        explain_all(asked, known, many, settings, maps / "all")
    logger.info("%s: %d aptamers", output, len(table))


def measured(path: Path, group: str | None) -> pd.DataFrame:
    """The measured aptamers of a group; None: of all."""
    table = read_aptamers(path)
    if group is not None:
        table = table[table["group"] == group]
        if table.empty:
            raise InputError(f"{path}: no aptamer of the group {group!r}")
    return table


def tested(known: pd.DataFrame | None, split: Path | None) -> pd.DataFrame:
    """Aptamers with a value that no model was trained on or chosen by: `sequence`, `fitness`."""
    if known is None or split is None:
        return pd.DataFrame({"sequence": [], "fitness": []})
    exact = known[known["low"] == known["high"]]
    part = exact["sequence"].map(read_split(split))
    table = exact.loc[part == "test", ["sequence", "fitness"]]
    return table.assign(sequence=table["sequence"].map(as_tokens))


def meaning_of(
    expected: tuple[Path, ...], models: tuple[Path, ...], group: str | None
) -> Meaning | None:
    """What scores mean in the measured unit; None where that is not known, which is said."""
    if not expected:
        return None
    weights = {path: weights_checksum(home_of(path)) for path in models}
    try:
        return read_meaning(expected, weights, group, None)
    except LookupError as reason:
        logger.info("no values in the measured unit: %s", reason)
        return None


def explain(
    models: Explained,
    aptamer: Chosen,
    lengths: set[int],
    held_out: pd.DataFrame,
    settings: dict[str, Any],
    maps: Path,
) -> dict[str, Any]:
    """Explain one aptamer; returns its row of the summary.

    Args:
        lengths: of the measured aptamers; empty if they are not known.
    """
    sequence, name, folder = aptamer.sequence, aptamer.name, maps / aptamer.name
    logger.info("%s: %s, %d bases", name, aptamer.what, len(sequence))
    mutations = mutation_map(models, sequence)
    write_csv(with_lengths(mutations, lengths), folder / "mutations.csv")
    plot_mutations(mutations, sequence, name, folder / "mutations.svg", rna=aptamer.rna)
    scan = truncation_scan(models, sequence, min(settings["shortest"], len(sequence)))
    window = shortest_within(scan, settings["loss"])
    write_csv(with_lengths(scan, lengths), folder / "truncations.csv")
    plot_truncations(scan, window, settings["loss"], name, folder / "truncations.svg")
    region = region_of(sequence, settings["region"], settings["largest_region"], name)
    if region is not None:
        pairs = dependency_map(models, sequence, *region)
        write_csv(pairs, folder / "dependencies.csv")
        plot_dependencies(pairs, sequence, name, folder / "dependencies.svg", rna=aptamer.rna)
    verdict = verify(mutations, sequence, held_out, settings["seed"])
    logger.info("%s: %s", name, verdict)
    weight = importance(mutations).sort_values(ascending=False, kind="stable")
    shown = letters_of(sequence, rna=aptamer.rna)
    about = {
        "name": name,
        "what": aptamer.what,
        "sequence": shown,
        "length": len(sequence),
        "important": " ".join(f"{shown[at - 1]}{at}" for at in weight.index[:MOST_IMPORTANT]),
        "shortest": int(window["length"]),
        "from": int(window["start"]),
        "to": int(window["end"]),
        "loss": 0.0 - float(window["change"]),
        "extrapolated": bool(lengths) and int(window["length"]) not in lengths,
        "verified": str(verdict),
    }
    write_json(about | {"verification": verdict.as_json()}, folder / "explanation.json")
    return about


def with_lengths(table: pd.DataFrame, lengths: set[int]) -> pd.DataFrame:
    """A table of variants with `extrapolated`: whether none that was measured is as long."""
    if not lengths:
        return table
    return table.assign(extrapolated=~table["sequence"].str.len().isin(lengths))


def explain_all(
    models: Explained, known: pd.DataFrame, many: int, settings: dict[str, Any], folder: Path
) -> None:
    """What the measured aptamers have in common, of a sample of at most `many`."""
    rng = np.random.default_rng(settings["seed"])
    sequences = known["sequence"].map(as_tokens).drop_duplicates()
    score = partial(mean_score, models)
    length = int(sequences.str.len().mode().iloc[0])
    one_length = sequences[sequences.str.len() == length].tolist()
    some = [one_length[row] for row in np.sort(rng.permutation(len(one_length))[:many])]
    logger.info("all: %d aptamers of %d bases, each base at each position", len(some), length)
    effects = position_effects(score, some)
    rna = set(known["chemistry"]) == {"RNA"}
    table = pd.DataFrame(effects, columns=list("ACGU" if rna else "ACGT"))
    table.insert(0, "position", range(1, length + 1))
    write_csv(table, folder / "positions.csv")
    plot_logo(effects, len(some), folder / "positions.svg", rna=rna)
    drawn = sequences.iloc[np.sort(rng.permutation(len(sequences))[:many])].tolist()
    words = word_effects(score, drawn, settings["word"], rng)
    write_csv(words, folder / "words.csv")
    plot_words(words, settings["fdr"], folder / "words.svg")
    found = words[words["fdr"] <= settings["fdr"]]
    logger.info(
        "all: %d of %d words of %d bases with a false-discovery rate of at most %g%s",
        *(len(found), len(words), settings["word"], settings["fdr"]),
        f", first {found['word'].iloc[0]}" if len(found) else "",
    )


if __name__ == "__main__":
    main()
