"""Export a fine-tuned model to ONNX and prove that it is the same model."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch

from aptarank.core.errors import InputError
from aptarank.core.log import logger, progress
from aptarank.core.tables import PAIR_COLUMNS, read_table
from aptarank.exports.onnx_model import export_onnx, opset_of
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.models.encoder import load_model
from aptarank.models.model_inputs import TokenizedAptamers, build_inputs, encode
from aptarank.models.scorer import Scorer
from aptarank.models.tokenizer import load_tokenizer
from aptarank.models.torch_inference import torch_scorer
from aptarank.programs.cli import PATH, WRITTEN, Program, threads_option
from aptarank.programs.schema_options import setting

COMPARED = 1000  # test pairs; all of them take minutes for a large pair model


@click.command(cls=Program)
@click.option(
    "--model",
    "folder",
    type=PATH,
    required=True,
    help="Folder that finetune.py writes.",
)
@click.option(
    "--pairs",
    type=PATH,
    required=True,
    help=f"Test pairs, on which both must agree; at most {COMPARED} are compared.",
)
@setting("export.opset")
@setting("export.tolerance")
@threads_option
@click.option("-o", "--output", type=WRITTEN, default="model.onnx")
def main(
    folder: Path, pairs: Path, opset: int, tolerance: float, threads: int, output: Path
) -> None:
    """Write a model as ONNX; fail where ONNX Runtime and PyTorch differ on test pairs.

    Example: python scripts/export.py --model model --pairs pairs/test.parquet -o model.onnx
    """
    torch.set_num_threads(threads)
    model = load_model(folder)
    table = read_table(pairs, PAIR_COLUMNS[:2])
    if table.empty:
        raise InputError(f"{pairs}: no pairs to compare ONNX Runtime and PyTorch on")
    table = table.iloc[evenly_spaced(len(table), COMPARED)]
    sequences = distinct(table)
    scorer = torch_scorer(model, load_tokenizer(folder), torch.device("cpu"))
    encoded = encode(scorer.tokenizer, sequences)
    sides = np.array([[0, 1], [1, 0]])[: scorer.kind.aptamers]
    # It takes its name once it is proven: a file that differs, or cannot be read, does not stay.
    unproven = output.with_name(f".{output.name}.unproven")
    try:
        export_onnx(model, build_inputs(encoded, *sides), unproven, opset)
        worst, largest = largest_difference(unproven, scorer, encoded, table, threads)
        accepted = tolerance * max(1.0, largest)
        if not worst <= accepted:
            raise InputError(
                f"{output}: ONNX Runtime's logits differ from PyTorch's by up to {worst:.2g} on "
                f"{len(table)} test pairs; at most {accepted:.2g} is accepted (export.tolerance, "
                "times the largest logit if that is more than 1)"
            )
        unproven.replace(output)
    finally:
        unproven.unlink(missing_ok=True)
    logger.info(
        "%s: %.2f MB, opset %d; logits of %d test pairs within %.1g of PyTorch's",
        output,
        output.stat().st_size / 1e6,
        opset_of(output),
        len(table),
        worst,
    )


def largest_difference(
    path: Path, scorer: Scorer, encoded: TokenizedAptamers, table: pd.DataFrame, threads: int
) -> tuple[float, float]:
    """By how much ONNX Runtime's logits differ from PyTorch's on a table of pairs, at most, and the
    largest of PyTorch's, without signs.

    Args:
        encoded: the distinct sequences of the table, in their order there.
    """
    sequences = distinct(table)
    first, second = (sequences.get_indexer(table[name]) for name in PAIR_COLUMNS[:2])
    scorers = {
        "ONNX Runtime": replace(scorer, forward=onnx_forward(path, threads)),
        "PyTorch": scorer,
    }
    onnx, pytorch = (
        each.pair_logits(encoded, first, second, track=partial(progress, task=name))
        for name, each in scorers.items()
    )
    return float(np.max(np.abs(onnx - pytorch))), float(np.max(np.abs(pytorch)))


def evenly_spaced(total: int, count: int) -> np.ndarray:
    """At most `count` of `total` indices, evenly spaced, the first and the last included."""
    return np.linspace(0, total - 1, min(total, count)).round().astype(int)


def distinct(table: pd.DataFrame) -> pd.Index:
    """The distinct sequences of a table of pairs."""
    return pd.Index(pd.unique(pd.concat([table[column] for column in PAIR_COLUMNS[:2]])))


if __name__ == "__main__":
    main()
