"""Predict which aptamer of each pair is fitter."""

from pathlib import Path

import click
import numpy as np
import pandas as pd
import torch

from aptarank.core.errors import InputError
from aptarank.core.log import logger, tracker
from aptarank.core.parquet import write_parquet
from aptarank.core.tables import PAIR_COLUMNS, THRESHOLD, read_table, write_csv
from aptarank.evaluation.consistency import average_of_orders
from aptarank.models.encoder import load_model, pick_device
from aptarank.models.inference import BATCH, probability
from aptarank.models.model_inputs import check_fits, check_known, encode
from aptarank.models.scorer import checked
from aptarank.models.tokenizer import load_tokenizer
from aptarank.models.torch_inference import torch_scorer
from aptarank.programs.cli import (
    PATH,
    WRITTEN,
    Program,
    batch_size_option,
    device_option,
    threads_option,
)
from aptarank.values.sequences import as_tokens, normalise


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
    type=WRITTEN,
    default="predictions.csv",
    help="PAIRS with Probability and Prediction.",
)
@click.option(
    "--scores",
    type=WRITTEN,
    help="Also score each aptamer of PAIRS (a pair model: by its win rate).",
)
@click.option(
    "--logits",
    "logits_file",
    type=WRITTEN,
    help="Also write each pair's log-odds as given (logit) and turned round (swapped), Parquet.",
)
@click.option(
    "--one-order",
    is_flag=True,
    help="A pair model: read each pair only as given, not also turned round. Twice as fast.",
)
@batch_size_option(BATCH)
@click.option(
    "--precision",
    type=click.Choice(["fp32", "bf16"]),
    default="fp32",
    help="bf16 runs the model under autocast: faster on a GPU, and less exact.",
)
@device_option
@threads_option
def main(
    pairs: Path,
    folder: Path,
    output: Path,
    scores: Path | None,
    logits_file: Path | None,
    *,
    one_order: bool,
    batch_size: int,
    precision: str,
    device: str,
    threads: int,
) -> None:
    """Predict for PAIRS, a CSV, TSV or Parquet table with Sequence1, Sequence2 and maybe Label.

    Probability is that the first is fitter. A pair model reads both orders, and their log-odds are
    averaged, so that swapping the two gives 1 − Probability.

    Example: python scripts/predict.py pairs.csv --model results/example/example/rank/seed-1/model
    """
    torch.set_num_threads(threads)
    torch_device = pick_device(device)
    table = read_table(pairs, PAIR_COLUMNS[:2])
    model = load_model(folder, torch_device)
    scorer = torch_scorer(model, load_tokenizer(folder), torch_device, precision)
    scorer = checked(scorer, model.config.vocab_size, folder)

    sequences, first, second = index_sequences(table, pairs)
    encoded = encode(scorer.tokenizer, sequences)
    check_known(scorer.tokenizer, encoded, folder)
    check_fits(encoded, sequences, sequences, scorer.kind, scorer.limit)
    orders = [scorer.pair_logits(encoded, first, second, batch_size, tracker("predicting"))]
    if scorer.kind.scores_aptamers:
        orders.append(-orders[0])
    elif not one_order:
        track = tracker("the other order")
        orders.append(scorer.pair_logits(encoded, second, first, batch_size, track))
    logits = orders[0] if len(orders) == 1 else average_of_orders(*orders)
    table = table[[column for column in PAIR_COLUMNS if column in table]]
    first_fitter = probability(logits)
    predicted = table.assign(
        Probability=first_fitter, Prediction=(first_fitter > THRESHOLD).astype(int)
    )
    write_csv(predicted, output)
    logger.info("%s: %d pairs of %d aptamers", output, len(table), len(sequences))
    if logits_file is not None:
        columns = dict(zip(("logit", "swapped"), orders, strict=False))
        write_parquet(table.assign(**columns), logits_file)
        logger.info("%s", logits_file)
    if scores is not None:
        track = tracker("scoring")
        scored = scorer.scores_from_pairs(encoded, first, second, orders, batch_size, track)
        order = np.argsort(-scored, kind="stable")
        write_csv(pd.DataFrame({"sequence": sequences, "predicted": scored}).iloc[order], scores)
        logger.info("%s", scores)


def index_sequences(table: pd.DataFrame, source: Path) -> tuple[pd.Index, np.ndarray, np.ndarray]:
    """The distinct aptamers of a table of pairs, and the pairs as indices into them."""
    both = pd.concat([table["Sequence1"], table["Sequence2"]], ignore_index=True)
    not_text = ~both.map(lambda text: isinstance(text, str)) & both.notna()
    if not_text.any():
        line = int(np.argmax(not_text)) % len(table) + 2
        raise InputError(
            f"{source}, line {line}: {str(both[not_text].iloc[0])!r} is not a sequence; expected "
            "letters"
        )
    codes, texts = pd.factorize(both)
    indices: dict[str, int] = {}
    index_of_code = np.empty(len(texts) + 1, dtype=np.int64)
    for code, text in enumerate(texts):
        try:
            sequence = as_tokens(normalise(text))
        except ValueError as reason:
            line = int(np.argmax(codes == code)) % len(table) + 2
            raise InputError(f"{source}, line {line}: {reason}: {text!r}") from None
        index_of_code[code] = indices.setdefault(sequence, len(indices))
    if (codes < 0).any():
        line = int(np.argmax(codes < 0)) % len(table) + 2
        raise InputError(f"{source}, line {line}: a sequence is missing")
    first, second = np.split(index_of_code[codes], 2)
    return pd.Index(indices), first, second


if __name__ == "__main__":
    main()
