"""Score candidates without end by a rank model, and keep the best: all of them, or one part."""

import csv
import json
import math
import threading
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import click
import pandas as pd

from aptarank.config.schema import validate
from aptarank.core.errors import InputError
from aptarank.core.extras import require
from aptarank.core.log import PROGRESS_SECONDS, logger, time_left
from aptarank.ingestion.rejections import REJECTED_COLUMNS
from aptarank.programs.cli import PATH, WRITTEN, Program, device_option, threads_option
from aptarank.programs.json_options import json_object
from aptarank.programs.schema_options import WholeNumber, rule_of, setting
from aptarank.use.candidate_sources import (
    Source,
    chemistry_trained_on,
    from_files,
    from_mutants,
    from_random,
)
from aptarank.use.load_scorer import check_scores_aptamers, load_scorer
from aptarank.use.screening import (
    COLUMNS,
    TYPES,
    Block,
    Scored,
    best,
    score_block,
    score_blocks,
)

BATCH = 512  # model inputs
SUCH_AS = '\nexpected such as {"A": 1, "C": 1, "G": 1, "T": 1}'


@click.command(cls=Program)
@click.argument("files", metavar="[CANDIDATES]...", nargs=-1)
@setting("screen.mutants_of")
@setting("screen.within")
@setting("screen.random", "--random", "count")
@setting("screen.length")
@setting("screen.composition")
@setting("screen.seed")
@click.option(
    "--model",
    "model",
    type=PATH,
    required=True,
    help="Folder that finetune.py writes, a variant, an ONNX file, or recommended.json.",
)
@click.option("--trained-on", type=PATH, help="aptamers.csv: the other chemistry is rejected.")
@setting("screen.sequence")
@setting("screen.name")
@setting("screen.keep")
@click.option("--chunk", type=WholeNumber(min=0), default=0, help="Which part: 0 ... CHUNKS - 1.")
@setting("screen.chunks", default=1)
@device_option
@threads_option
@click.option("-o", "--output", type=WRITTEN, default="screened", help="Folder for shortlist.py.")
def main(
    files: tuple[str, ...],
    mutants_of: str | None,
    within: int,
    count: int | None,
    length: int,
    composition: str,
    seed: int,
    model: Path,
    trained_on: Path | None,
    sequence: str | None,
    name: str | None,
    keep: int,
    chunk: int,
    chunks: int,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Screen CANDIDATES, FASTA or tables, compressed or not. The result does not depend on CHUNKS
    nor on the threads; shortlist.py puts the parts together.

    Example: python scripts/screen.py pool.fasta.gz --model
    results/example/example/rank/seed-1/onnx/model.onnx --keep 100
    """
    require("pyarrow", "screening")
    if chunk >= chunks:
        raise InputError(f"--chunk is {chunk}; expected 0 to {chunks - 1}, as --chunks is {chunks}")
    if sum(map(bool, (files, mutants_of, count))) != 1:
        raise InputError("give one of these: CANDIDATES, --mutants-of, --random")
    if files:
        source = from_files(files, sequence, name, chunk, chunks)
    elif count:
        source = from_random(count, length, composition_of(composition), seed, chunk, chunks)
    else:
        source = from_mutants(str(mutants_of), within, chunk, chunks)
    known = chemistry_trained_on(trained_on, mutants_of) if trained_on else None
    if not files:  # what is made here is of the model's chemistry, whatever its letters
        known = None
    check_scores_aptamers(load_scorer(model, 1, device), model)
    local = threading.local()

    def score(block: Block) -> Scored:
        if not hasattr(local, "scorer"):  # each thread has its own, which computes in that thread
            local.scorer = load_scorer(model, 1, device)
        scores = partial(local.scorer.scores, batch_size=BATCH)
        return score_block(block, scores, local.scorer.max_bases, known)

    output.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    # One more than is kept, to see whether that is a draw with the last.
    kept, read, rejected = keep_best(
        score_blocks(source.blocks, score, threads), keep + 1, output / "rejected.csv", source
    )
    kept.astype(TYPES).to_parquet(output / "best.parquet", index=False)
    account = {"read": read, "rejected": rejected, "keep": keep}
    (output / "account.json").write_text(json.dumps(account) + "\n", encoding="utf-8")
    if read == rejected:
        logger.warning("no candidate is left; %s has the reasons", output / "rejected.csv")
    logger.info(
        "%s: %d candidates at %.0f a second, %d of them rejected; shortlist.py makes a table of it",
        output,
        read,
        read / (time.monotonic() - start),
        rejected,
    )


def keep_best(
    blocks: Iterable[Scored], keep: int, rejections: Path, source: Source
) -> tuple[pd.DataFrame, int, int]:
    """The best of scored blocks, and how many candidates were read and rejected.

    Writes the rejected ones to a file, and logs the progress.
    """
    kept = pd.DataFrame(columns=COLUMNS)
    read = rejected = 0
    start = last = time.monotonic()
    with rejections.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(REJECTED_COLUMNS)
        for table, refused in blocks:
            lines.writerows([c.source, c.line, c.text, "", reason] for c, reason in refused)
            read += len(table) + len(refused)
            rejected += len(refused)
            kept = best([kept, table] if len(kept) else [table], keep)
            now = time.monotonic()
            if now - last >= PROGRESS_SECONDS:
                last = now
                log_progress(read, source.done(read), now - start)
    return kept, read, rejected


def composition_of(text: str) -> dict[str, float]:
    """Shares of the four bases from JSON."""
    given = {"composition": json_object(text, "--composition")}
    try:
        validate(given, {"properties": {"composition": rule_of("screen.composition")}}, "")
    except InputError as error:
        raise InputError("--" + str(error).removeprefix("config: ") + SUCH_AS) from None
    shares = {base: float(share) for base, share in given["composition"].items()}
    if not 0 < sum(shares.values()) < math.inf:
        raise InputError(f"--composition is {text}: adds up to {sum(shares.values())}{SUCH_AS}")
    return shares


def log_progress(read: int, share: float, seconds: float) -> None:
    """Log how many candidates were screened, and how long the others will take."""
    left = time_left(seconds / share - seconds) if share else "unknown time"
    logger.info("screening: %d candidates, %.0f/s, %s left", read, read / seconds, left)


if __name__ == "__main__":
    main()
