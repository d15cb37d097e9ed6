"""Export a fine-tuned model to ONNX and prove that it is the same model."""

from pathlib import Path

import click
import numpy as np
import pandas as pd
from scipy.special import logit

from aptarank.cli import Program, logger
from aptarank.config import default
from aptarank.encoding import encode
from aptarank.errors import InputError
from aptarank.inference import logits_of_pairs
from aptarank.model import kind_of, load_model
from aptarank.onnx_model import export_onnx, onnx_forward
from aptarank.tables import read_table
from aptarank.tokenizer import load_tokenizer


@click.command(cls=Program)
@click.option(
    "--model",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder that finetune.py writes.",
)
@click.option(
    "--predictions",
    type=click.Path(path_type=Path),
    required=True,
    help="What predict.py (PyTorch) writes for the test pairs.",
)
@click.option(
    "--opset", default=default("export.opset"), show_default=True, help="ONNX operator set."
)
@click.option(
    "--tolerance",
    default=default("export.tolerance"),
    show_default=True,
    help="Largest difference of a logit that is let pass.",
)
@click.option("--threads", default=default("threads"), show_default=True, help="Processor threads.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="model.onnx", show_default=True
)
def main(folder, predictions, opset, tolerance, threads, output):
    """Write a model as ONNX; fail where ONNX Runtime and PyTorch differ on the test pairs.

    Example: python scripts/export.py --model model --predictions predictions.csv -o model.onnx
    """
    model = load_model(folder)
    table = read_table(predictions, ["Sequence1", "Sequence2", "Probability"])
    sequences = pd.Index(pd.unique(pd.concat([table["Sequence1"], table["Sequence2"]])))
    encoded = encode(load_tokenizer(folder), sequences)
    export_onnx(model, encoded, output, opset)
    first, second = (sequences.get_indexer(table[name]) for name in ("Sequence1", "Sequence2"))
    forward = onnx_forward(output, threads)
    found = logits_of_pairs(forward, kind_of(model), encoded, first, second)
    # predict.py computes probabilities in double precision, so this gives back PyTorch's logits.
    worst = float(np.max(np.abs(found - logit(table["Probability"].to_numpy()))))
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
