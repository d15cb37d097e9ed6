"""Predict which aptamer of each pair is fitter."""

from functools import partial
from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch

from aptarank.cli import PATH, Program, device_option, logger, progress, threads_option
from aptarank.encoding import check_fits, encode
from aptarank.errors import InputError
from aptarank.inference import (
    BATCH,
    logits_of_pairs,
    probability,
    scores_of_aptamers,
    torch_forward,
)
from aptarank.metrics import THRESHOLD
from aptarank.model import kind_of, load_model, pick_device
from aptarank.sequences import as_tokens, normalise
from aptarank.tables import read_table, write_csv
from aptarank.tokenizer import load_tokenizer


@click.command(cls=Program)
@click.argument("pairs", type=PATH)
@click.option(
    "--model",
    "folder",
    type=PATH,
    required=True,
    help="Folder that finetune.py writes.",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="predictions.csv",
    help="PAIRS with Probability and Prediction.",
)
@click.option(
    "--scores",
    type=PATH,
    help="Also score each aptamer of PAIRS (a pair model: by its win rate, in both orders).",
)
@click.option("--batch-size", default=BATCH)
@click.option("--precision", type=click.Choice(["fp32", "bf16"]), default="fp32")
@device_option
@threads_option
def main(pairs, folder, output, scores, batch_size, precision, device, threads):
    """Predict for PAIRS, a CSV, TSV or Parquet table with Sequence1, Sequence2 and maybe Label.

    Example: python scripts/predict.py pairs.csv --model results/example/example/rank/seed-1/model
    """
    torch.set_num_threads(threads)
    place, warning = pick_device(device)
    if warning:
        logger.warning(warning)
    table = read_table(pairs, ["Sequence1", "Sequence2"])
    model = load_model(folder).to(place)
    tokenizer = load_tokenizer(folder)

    sequences, first, second = index_sequences(table, pairs)
    encoded, kind = encode(tokenizer, sequences), kind_of(model)
    limit = model.config.max_position_embeddings
    check_fits(encoded, sequences, sequences, kind, limit)
    forward = torch_forward(model, place, precision)
    what = (forward, kind, encoded, first, second)
    logits = logits_of_pairs(*what, batch_size, partial(progress, what="predicting"))
    table["Probability"] = probability(logits)
    table["Prediction"] = (table["Probability"] > THRESHOLD).astype(int)
    columns = [c for c in ("Sequence1", "Sequence2", "Label") if c in table]
    write_csv(table[[*columns, "Probability", "Prediction"]], output)
    logger.info("%s: %d pairs of %d aptamers", output, len(table), len(sequences))
    if scores is not None:
        track = partial(progress, what="the other order" if kind == "pair" else "scoring")
        ranked = scores_of_aptamers(*what, logits, batch_size, track)
        order = np.argsort(-ranked, kind="stable")
        write_csv(pd.DataFrame({"sequence": sequences, "predicted": ranked}).iloc[order], scores)
        logger.info("%s", scores)


def index_sequences(table: pd.DataFrame, source: Path) -> tuple[pd.Index, np.ndarray, np.ndarray]:
    """The distinct aptamers of a table of pairs, and the pairs as indices into them."""
    both = pd.concat([table["Sequence1"], table["Sequence2"]], ignore_index=True)
    codes, texts = pd.factorize(both)
    known: dict[str, int] = {}
    place = np.empty(len(texts) + 1, dtype=np.int64)
    for code, text in enumerate(texts):
        try:
            sequence = as_tokens(normalise(text))
        except ValueError as reason:
            line = int(np.argmax(codes == code)) % len(table) + 2
            raise InputError(f"{source}, line {line}: {reason}: {text!r}") from None
        place[code] = known.setdefault(sequence, len(known))
    if (codes < 0).any():
        line = int(np.argmax(codes < 0)) % len(table) + 2
        raise InputError(f"{source}, line {line}: a sequence is missing")
    first, second = np.split(place[codes], 2)
    return pd.Index(known), first, second


if __name__ == "__main__":
    main()
