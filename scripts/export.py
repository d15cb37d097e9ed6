"""Export a fine-tuned model to ONNX and prove that it is the same model."""

from functools import partial

import click
import numpy as np
import pandas as pd
import torch

from aptarank.cli import PATH, Program, threads_option
from aptarank.config import default
from aptarank.encoding import compose, encode
from aptarank.errors import InputError
from aptarank.inference import logits_of_pairs, torch_forward
from aptarank.log import logger, progress
from aptarank.model import kind_of, load_model
from aptarank.onnx_model import export_onnx, onnx_forward
from aptarank.pairs import PAIR_COLUMNS
from aptarank.tables import read_table
from aptarank.tokenizer import load_tokenizer


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
    help="Test pairs, on which both must agree.",
)
@click.option("--opset", default=default("export.opset"), help="ONNX operator set.")
@click.option(
    "--tolerance",
    default=default("export.tolerance"),
    help="Largest difference of a logit that is let pass.",
)
@threads_option
@click.option("-o", "--output", type=PATH, default="model.onnx")
def main(folder, pairs, opset, tolerance, threads, output):
    """Write a model as ONNX; fail where ONNX Runtime and PyTorch differ on the test pairs.

    Example: python scripts/export.py --model model --pairs pairs/test.parquet -o model.onnx
    """
    torch.set_num_threads(threads)
    model = load_model(folder)
    table = read_table(pairs, PAIR_COLUMNS[:2])
    sequences = pd.Index(pd.unique(pd.concat([table["Sequence1"], table["Sequence2"]])))
    encoded = encode(load_tokenizer(folder), sequences)
    sides = torch.tensor([[0, 1], [1, 0]])[: 2 if kind_of(model) == "pair" else 1]
    export_onnx(model, compose(encoded, *sides), output, opset)
    first, second = (sequences.get_indexer(table[name]) for name in PAIR_COLUMNS[:2])
    onnx, pytorch = (
        logits_of_pairs(
            forward, kind_of(model), encoded, first, second, track=partial(progress, what=name)
        )
        for name, forward in (
            ("ONNX Runtime", onnx_forward(output, threads)),
            ("PyTorch", torch_forward(model, torch.device("cpu"))),
        )
    )
    worst = float(np.max(np.abs(onnx - pytorch)))
    if not worst <= tolerance:
        raise InputError(
            f"{output}: ONNX Runtime's logits differ from PyTorch's by up to {worst:.2g} on "
            f"{len(table)} test pairs; at most {tolerance:g} is let pass (export.tolerance)"
        )
    logger.info(
        "%s: %.2f MB, opset %d; logits of %d test pairs within %.1g of PyTorch's",
        output,
        output.stat().st_size / 1e6,
        opset,
        len(table),
        worst,
    )


if __name__ == "__main__":
    main()
