"""Score candidates without end by a rank model, and keep the best: all of them, or one part."""

import csv
import json
import math
import threading
import time
from functools import partial

import click
import pandas as pd

from aptarank.config.resolution import check as check_value
from aptarank.core.errors import InputError
from aptarank.core.files import expand
from aptarank.core.log import PROGRESS_SECONDS, logger, time_left
from aptarank.core.tables import read_aptamers
from aptarank.ingestion.aptamers import REJECTED_COLUMNS
from aptarank.models.encoder import pick_device
from aptarank.programs.cli import PATH, WRITTEN, Program, device_option, threads_option
from aptarank.programs.json_options import json_object
from aptarank.programs.schema_options import WholeNumber, rule_of, setting
from aptarank.use import screening
from aptarank.use.candidate_streams import Stream
from aptarank.use.load_scorer import check_scores_aptamers, load_scorer
from aptarank.values.sequences import as_tokens, chemistry, normalise

BATCH = 512
MOST = 10**11  # mutants, months of work for a fast machine
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
    files, mutants_of, within, count, length, composition, seed, model, trained_on, sequence, name,
    keep, chunk, chunks, device, threads, output,
):  # fmt: skip
    """Screen CANDIDATES, FASTA or tables, compressed or not. The result does not depend on CHUNKS
    nor on the threads; shortlist.py puts the parts together.

    Example: python scripts/screen.py pool.fasta.gz --model
    results/example/example/rank/seed-1/onnx/model.onnx --keep 100
    """
    place, warning = pick_device(device)
    if warning:
        logger.warning(warning)
    generated = {"count": count, "length": length, "seed": seed, "composition": composition}
    blocks, share = source(files, sequence, name, mutants_of, within, generated, chunk, chunks)
    known = None if trained_on is None else chemistry_of(trained_on)
    if mutants_of and known and chemistry(normalise(mutants_of)) not in (known, None):
        raise InputError(
            f"mutants of {mutants_of!r}: not {known}, which the model was trained on ({trained_on})"
        )
    if not files:  # what is made here is of the model's chemistry, whatever its letters
        known = None
    check_scores_aptamers(load_scorer(model, 1, place), model)
    local = threading.local()

    def work(block):
        if not hasattr(local, "scorer"):  # each thread has its own, which computes in that thread
            local.scorer = load_scorer(model, 1, place)
        score = partial(local.scorer.scores, batch_size=BATCH)
        return screening.score_block(block, score, local.scorer.max_bases, known)

    output.mkdir(parents=True, exist_ok=True)
    kept = pd.DataFrame(columns=screening.COLUMNS)
    read = rejected = 0
    begin = last = time.monotonic()
    with (output / "rejected.csv").open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(REJECTED_COLUMNS)
        for table, refused in screening.screened(blocks, work, threads):
            lines.writerows([c.source, c.line, c.text, "", reason] for c, reason in refused)
            read += len(table) + len(refused)
            rejected += len(refused)
            kept = screening.best([kept, table] if len(kept) else [table], keep + 1)
            now = time.monotonic()
            if now - last >= PROGRESS_SECONDS:
                last = now
                tell(read, share(read), now - begin)
    # One more than is kept, to see whether that is a draw with the last.
    kept.astype(screening.TYPES).to_parquet(output / "best.parquet", index=False)
    account = {"read": read, "rejected": rejected, "keep": keep}
    (output / "account.json").write_text(json.dumps(account) + "\n", encoding="utf-8")
    if read == rejected:
        logger.warning("no candidate is left; %s has the reasons", output / "rejected.csv")
    rate = read / (time.monotonic() - begin)
    logger.info(
        "%s: %d candidates at %.0f a second, %d of them rejected; shortlist.py makes a table of it",
        *(output, read, rate, rejected),
    )


def source(files, sequence, name, mutants_of, within, generated, chunk, chunks):
    """The blocks to screen, and a function that says what share of them is done."""
    count = generated["count"]
    if chunk >= chunks:
        raise InputError(f"--chunk is {chunk}; expected 0 to {chunks - 1}, as --chunks is {chunks}")
    if sum(map(bool, (files, mutants_of, count))) != 1:
        raise InputError("give one of these: CANDIDATES, --mutants-of, --random")
    if files:
        stream = Stream(expand(list(files)), sequence, name)
        return screening.own_blocks(iter(stream), chunk, chunks), lambda done: stream.share
    if count:
        shares = composition_of(generated["composition"])
        drawn = count, generated["length"], shares, generated["seed"]
        blocks = screening.random_blocks(*drawn, chunk, chunks)
    else:
        try:
            start = as_tokens(normalise(mutants_of))
        except ValueError as reason:
            raise InputError(f"mutants of {mutants_of!r}: {reason}") from None
        if within > len(start):
            raise InputError(f"within {within} places: {start} has only {len(start)} bases")
        count = screening.count_mutants(len(start), within)
        if count > MOST:
            raise InputError(
                f"{count:.2g} mutants of {len(start)} bases within {within} places; expected at "
                f"most {MOST:.0e}: lower --within (screen.within), or design new aptamers instead"
            )
        blocks = screening.own_blocks(screening.mutants(start, within), chunk, chunks)
    return blocks, lambda done: min(1.0, done * chunks / count)


def composition_of(text: str) -> dict[str, float]:
    """Shares of the four bases from JSON."""
    given = {"composition": json_object(text, "--composition")}
    try:
        check_value(given, {"properties": {"composition": rule_of("screen.composition")}}, "")
    except InputError as error:
        raise InputError("--" + str(error).removeprefix("config: ") + SUCH_AS) from None
    found = {base: float(share) for base, share in given["composition"].items()}
    if not 0 < sum(found.values()) < math.inf:
        raise InputError(f"--composition is {text}: adds up to {sum(found.values())}{SUCH_AS}")
    return found


def chemistry_of(aptamers) -> str | None:
    """DNA or RNA, where a model was trained on one of them alone."""
    found = set(read_aptamers(aptamers)["chemistry"])
    return found.pop() if len(found) == 1 else None


def tell(read: int, share: float, seconds: float) -> None:
    """How far it is."""
    left = time_left(seconds / share - seconds) if share else "unknown time"
    logger.info("screening: %d candidates, %.0f/s, %s left", read, read / seconds, left)


if __name__ == "__main__":
    main()
