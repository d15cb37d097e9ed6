"""Write a fine-tuned model in another form, and prove that it is the same model."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch

from aptarank.config.model_kinds import ModelKind
from aptarank.config.schema import default
from aptarank.core.errors import InputError
from aptarank.core.log import logger, tracker
from aptarank.core.tables import read_aptamers
from aptarank.exports.agreement import agreement
from aptarank.exports.variant_answers import (
    accuracy_change,
    answer,
    rank_change,
    read_logits,
    write_logits,
)
from aptarank.exports.variant_info import is_program, write_about
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
from aptarank.models.model_inputs import Inputs, TokenizedAptamers, build_inputs, encode
from aptarank.models.scorer import Scorer
from aptarank.models.tokenizer import load_tokenizer
from aptarank.pairing.pair_store import StoredPairs
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

BATCH = 64  # of the examples to calibrate with


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
    name: str,
    source: Path,
    aptamers: Path,
    train: Path,
    validation: Path,
    test: Path,
    baseline: Path | None,
    reference: Path | None,
    opset: int,
    calibration: int,
    seed: int,
    tolerances: tuple[str, ...],
    resamples: int,
    resampling_seed: int,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Write the model in the form NAME, such as onnx-fused, or onnx-fused@6 to run 6 layers of it.

    docs/speed.md lists the forms. What this machine cannot run is skipped: variant.json says why.

    Example: python scripts/variant.py onnx-fused --model model --aptamers aptamers.csv
    --train pairs/train.parquet --validation pairs/validation.parquet --test pairs/test.parquet
    --baseline torch-fp32 -o onnx-fused
    """
    limits = read_limits(tolerances)
    torch.set_num_threads(threads)
    torch_device = pick_device(device)
    model = load_model(source)
    if reason := why_not(name, model, torch_device):
        write_about(output, {"variant": name, "skipped": reason})
        logger.info("%s: skipped: %s", output, reason)
        return
    layers = check_references(name, baseline, reference)
    if layers is not None:
        set_depth(model, layers)

    known = read_aptamers(aptamers)
    sequences = pd.Index(known["sequence"].unique())
    tokenizer = load_tokenizer(source)
    calibrating = encode(tokenizer, sequences[StoredPairs(train, sequences).only_used()])
    examples = draw_examples(calibrating, kind_of(model), calibration, seed)
    about = write_variant(name, model, examples, opset, output) | {"skipped": None}
    write_about(output, about)
    forward = load_variant(output, threads, torch_device, made_here=True)
    scorer = Scorer(kind_of(model), forward, tokenizer, position_limit(model.config))

    measured = {}
    for part, path in (("validation", validation), ("test", test)):
        answers = answer(scorer, path, part, sequences, seed, tracker(part))
        write_logits(answers, output)
        measured[part] = accuracy_change(answers, baseline, resamples, resampling_seed)
    measured["test"] |= rank_change(scorer, answers, known, baseline)
    same_layers = baseline if layers is None else reference
    theirs = read_logits(same_layers, answers) if same_layers else answers.logits
    proof = agreement(answers.logits, theirs) | {"tolerance": limits[about["precision"]]}
    write_about(output, about | {"agreement": proof, **measured})
    if is_program(name):
        remove_program(output)
    check_proof(name, proof, about["precision"])
    log_result(output, about, proof, measured["test"])


def log_result(folder: Path, about: Mapping, proof: Mapping, measured: Mapping) -> None:
    """Log what a variant is, and what it costs in accuracy."""
    logger.info(
        "%s: %.2f MB, %d layers; probabilities within %.2g (on average %.2g) of eager PyTorch's, "
        "accuracy %.4f (%+.4f)",
        folder,
        about["bytes"] / 1e6,
        about["layers"],
        proof["largest_difference"],
        proof["mean_difference"],
        measured["accuracy"],
        measured["accuracy_change"],
    )


def check_proof(name: str, proof: Mapping[str, float], precision: str) -> None:
    """Raise InputError if a variant's probabilities differ by more than its tolerance."""
    if not proof["largest_difference"] <= proof["tolerance"]:
        raise InputError(
            f"{name}: its probabilities differ from eager PyTorch's by up to "
            f"{proof['largest_difference']:.2g} on the test pairs (on average "
            f"{proof['mean_difference']:.2g}); at most {proof['tolerance']:g} is accepted "
            f"(speed.tolerance.{precision}). Raise that, or leave the variant out"
        )


def check_references(name: str, baseline: Path | None, reference: Path | None) -> int | None:
    """The number of layers in a variant's name (None: all).

    Raises:
        InputError: what it has to be compared with is not given.
    """
    layers = split_name(name)[1]
    if name != BASELINE and baseline is None:
        raise InputError(f"{name} has to be compared: write {BASELINE} first, and give --baseline")
    if layers is not None and not name.startswith(BASELINE) and reference is None:
        same = f"{BASELINE}@{layers}"
        raise InputError(f"{name} has to be compared: write {same} first, and give --reference")
    return layers


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
    sides = [order]
    if kind.aptamers == 2:
        sides.append(rng.permutation(order))
    starts = [slice(0, 2), *(slice(start, start + BATCH) for start in range(0, count, BATCH))]
    return [build_inputs(encoded, *(side[rows] for side in sides)) for rows in starts]


if __name__ == "__main__":
    main()
