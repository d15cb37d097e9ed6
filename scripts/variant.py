"""Write a fine-tuned model in another form, and prove that it is the same model."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch

from aptarank.config.model_kinds import ModelKind
from aptarank.config.resolution import default
from aptarank.core.errors import InputError
from aptarank.core.log import logger, progress
from aptarank.core.tables import read_aptamers
from aptarank.evaluation.metrics import ranking_metrics
from aptarank.exports.agreement import agreement, change
from aptarank.exports.variant_info import is_program, read_about, write_about
from aptarank.exports.variants import (
    BASELINE,
    BITS,
    load_variant,
    remove_program,
    split_name,
    why_not,
    write_variant,
)
from aptarank.models.depth import set_depth
from aptarank.models.encoder import kind_of, load_model, pick_device, position_limit
from aptarank.models.inference import Inputs
from aptarank.models.model_inputs import TokenizedAptamers, build_inputs, encode
from aptarank.models.scorer import Scorer
from aptarank.models.tokenizer import load_tokenizer
from aptarank.pairing.pair_store import StoredPairs
from aptarank.pairing.pairs import Pairs
from aptarank.pairing.reference_fitness import known_fitness
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    Program,
    device_option,
    resamples_option,
    resampling_seed_option,
    threads_option,
)
from aptarank.programs.schema_options import rule_of, seed_option, setting, type_of
from aptarank.training.batch_sampler import sample_pairs

VALIDATION_PAIRS = 4000  # at most, of a pair model, to choose a variant by
BATCH = 64  # of the examples to calibrate with
ANSWERS = "answers"  # folder of the logits, in that of the variant


@click.command(cls=Program)
@click.argument("name")
@click.option("--model", "source", type=PATH, required=True, help="Folder that finetune.py writes.")
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes: the truth.")
@click.option("--train", type=PATH, required=True, help="Training pairs, to calibrate with.")
@click.option("--validation", type=PATH, required=True, help="Validation pairs, to choose by.")
@click.option("--test", type=PATH, required=True, help="Test pairs, on which it is proven.")
@click.option("--baseline", type=PATH, help=f"Folder of the variant {BASELINE}.")
@click.option("--reference", type=PATH, help=f"For NAME@N: folder of the variant {BASELINE}@N.")
@setting("export.opset")
@setting("speed.calibration")
@seed_option("Seed of their draw.")
@click.option(
    "--tolerance",
    "tolerances",
    multiple=True,
    metavar="PRECISION=X",
    help="Largest difference of a probability that is accepted, such as int8=0.3; may be repeated.",
)
@resamples_option
@resampling_seed_option
@device_option
@threads_option
@click.option("-o", "--output", type=WRITTEN, default="variant", help="Folder of the variant.")
def main(
    name,
    source,
    aptamers,
    train,
    validation,
    test,
    baseline,
    reference,
    opset,
    calibration,
    seed,
    tolerances,
    resamples,
    resampling_seed,
    device,
    threads,
    output,
):
    """Write the model in the form NAME, such as onnx-fused, or onnx-fused@6 to run 6 layers of it.

    docs/speed.md lists the forms. What this machine cannot run is skipped: variant.json says why.

    Example: python scripts/variant.py onnx-fused --model model --aptamers aptamers.csv
    --train pairs/train.parquet --validation pairs/validation.parquet --test pairs/test.parquet
    --baseline torch-fp32 -o onnx-fused
    """
    layers, limits = split_name(name)[1], read_limits(tolerances)
    torch.set_num_threads(threads)
    place, _ = pick_device(device)
    model = load_model(source)
    reason = why_not(name, model, place)
    if reason:
        write_about(output, {"variant": name, "skipped": reason})
        logger.info("%s: skipped: %s", output, reason)
        return
    if name != BASELINE and baseline is None:
        raise InputError(f"{name} has to be compared: write {BASELINE} first, and give --baseline")
    if layers is not None and not name.startswith(BASELINE) and reference is None:
        same = f"{BASELINE}@{layers}"
        raise InputError(f"{name} has to be compared: write {same} first, and give --reference")
    if layers is not None:
        set_depth(model, layers)

    known = read_aptamers(aptamers)
    sequences = pd.Index(known["sequence"].unique())
    tokenizer, kind = load_tokenizer(source), kind_of(model)
    learnt = StoredPairs(train, sequences)
    calibrating = encode(tokenizer, sequences[learnt.only_used()])
    examples = draw_examples(calibrating, kind, calibration, seed)
    about = write_variant(name, model, examples, opset, output)
    write_about(output, about | {"skipped": None})
    forward = load_variant(output, threads, place, made_here=True)
    scorer = Scorer(kind, forward, tokenizer, position_limit(model.config))

    measured, found = {}, {}
    for part, path in (("validation", validation), ("test", test)):
        stored = StoredPairs(path, sequences)
        used = sequences[stored.only_used()]
        few = part == "validation" and not kind.scores_aptamers
        pairs = sample_pairs(stored, VALIDATION_PAIRS if few else stored.total, seed)
        to_compare = (encode(tokenizer, used), pairs.first, pairs.second)
        logits = scorer.pair_logits(*to_compare, track=partial(progress, what=part))
        write_answers(logits, output, part)
        theirs = read_answers(baseline, part, pairs) if baseline else logits
        measured[part] = change(pairs, logits, theirs, len(used), resamples, resampling_seed)
        if part == "test":
            scores = scorer.scores_from_pairs(*to_compare, [logits])
            measured[part] |= rank_change(known, used, pairs, scores, baseline)
            same = baseline if layers is None else reference
            found = agreement(logits, read_answers(same, part, pairs) if same else logits)
    limit = limits[about["precision"]]
    found["tolerance"] = limit
    write_about(output, about | {"skipped": None, "agreement": found, **measured})
    if is_program(name):
        remove_program(output)
    if not found["largest_difference"] <= limit:
        raise InputError(
            f"{name}: its probabilities differ from eager PyTorch's by up to "
            f"{found['largest_difference']:.2g} on the test pairs (on average "
            f"{found['mean_difference']:.2g}); at most {limit:g} is accepted "
            f"(speed.tolerance.{about['precision']}). Raise that, or leave the variant out"
        )
    logger.info(
        "%s: %.2f MB, %d layers; probabilities within %.2g (on average %.2g) of eager PyTorch's, "
        "accuracy %.4f (%+.4f)",
        output,
        about["bytes"] / 1e6,
        about["layers"],
        found["largest_difference"],
        found["mean_difference"],
        measured["test"]["accuracy"],
        measured["test"]["accuracy_change"],
    )


def read_limits(tolerances: Iterable[str]) -> dict[str, float]:
    """The tolerance of each precision: the config's defaults, and those given as `int8=0.3`."""
    limits = {precision: default(f"speed.tolerance.{precision}") for precision in BITS}
    for text in tolerances:
        precision, _, limit = text.partition("=")
        if precision not in BITS:
            raise InputError(
                f"--tolerance {text}: expected one of {', '.join(BITS)}, = and a number"
            )
        try:
            limits[precision] = type_of(rule_of(f"speed.tolerance.{precision}"))(limit)
        except click.BadParameter as error:
            raise InputError(
                f"--tolerance {text}: {error.message} Expected {precision}, = and a number"
            ) from None
    return limits


def draw_examples(
    encoded: TokenizedAptamers, kind: ModelKind, count: int, seed: int
) -> list[Inputs]:
    """Model inputs to trace with, of two aptamers, and batches to calibrate with."""
    rng = np.random.default_rng(seed)
    order = np.resize(rng.permutation(len(encoded)), max(count, 2))
    sides = [torch.from_numpy(order)]
    if kind.aptamers == 2:
        sides.append(torch.from_numpy(rng.permutation(order)))
    starts = [slice(0, 2), *(slice(start, start + BATCH) for start in range(0, count, BATCH))]
    return [build_inputs(encoded, *(side[rows] for side in sides)) for rows in starts]


def write_answers(logits: np.ndarray, folder: Path, part: str) -> None:
    """Write a variant's logits for the pairs of a part, in their order."""
    file = folder / ANSWERS / f"{part}.parquet"
    file.parent.mkdir(exist_ok=True)
    pd.DataFrame({"logit": logits}).to_parquet(file, index=False)


def read_answers(folder: Path, part: str, pairs: Pairs) -> np.ndarray:
    """The logits of another variant for the same pairs, shape (n_pairs,).

    Raises:
        InputError: it was skipped, or answered other pairs.
    """
    about = read_about(folder)
    file = folder / ANSWERS / f"{part}.parquet"
    if "test" not in about or not file.is_file():
        reason = about["skipped"] or "it was not finished"
        raise InputError(f"{folder}: nothing to compare with: {reason}")
    logits = pd.read_parquet(file)["logit"].to_numpy()
    if len(logits) != pairs.total:
        raise InputError(f"{file}: answers {len(logits)} pairs; expected those of {pairs.total}")
    return logits


def rank_change(
    known: pd.DataFrame, used: pd.Index, pairs: Pairs, scores: np.ndarray, baseline: Path | None
) -> dict:
    """Kendall's tau with the fitness of the test aptamers, and its change from the baseline's."""
    truth = known_fitness(known, used, pairs)
    predicted = scores[used.get_indexer(truth["sequence"])]
    columns = truth["fitness"].to_numpy(), predicted, truth["group"].to_numpy()
    tau = ranking_metrics(*columns)["kendall_tau"]
    theirs = read_about(baseline)["test"]["kendall_tau"] if baseline else tau
    return {"kendall_tau": tau, "kendall_tau_change": tau - theirs}


if __name__ == "__main__":
    main()
