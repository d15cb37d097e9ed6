"""The performance targets of ranking, screening and design, and what this machine reaches.

Run: .venv/bin/python benchmarks/targets.py --run results/example/example
"""

from pathlib import Path

import click
from designing import timed
from ranking import (
    agreement,
    base_pair_time,
    candidates_like,
    full_tournament,
    load,
    mean_and_range,
    median_time,
)
from screening import recommended, screened

from aptarank.core import machine
from aptarank.core.tables import read_aptamers

COUNT, BASE_PAIRS = 1000, 1024


def rows(folder: Path, most: int, threads: int):
    """Yield the name of each target, its value, and the measured value."""
    candidates = candidates_like(folder, COUNT)
    rank, pair = (load(folder, kind, threads) for kind in ("rank", "pair"))
    one = base_pair_time(rank, candidates, threads, BASE_PAIRS, 64)
    by_rank = median_time(lambda: rank.scores(candidates))
    all_pairs = COUNT * (COUNT - 1) * one
    yield (
        f"all pairs of {COUNT:,}, albert-base `pair` in ONNX, against nano `rank`",
        "1,000 times",
        f"{all_pairs / by_rank:,.0f} times: {all_pairs:,.0f} s (from {BASE_PAIRS:,} passes)"
        f" against {by_rank:.3f} s",
    )
    form, name = recommended(folder)
    count, took = 10_000, {}
    while count <= most:
        took[count] = screened(form, count, 15, threads)
        count *= 10
    (few, many), (seconds, rate, peak) = (min(took), max(took)), took[max(took)]
    yield (
        f"screening {many:,} of 15 nt, nano, {name}",
        "10,000 a second",
        f"{rate:,.0f} a second, {many / seconds:,.0f} with reading, starting and the shortlist",
    )
    yield "its memory", "1,024 MiB", f"{peak:.0f} MiB ({took[few][2]:.0f} MiB for {few:,})"
    times = ", ".join(f"{count:,}: {measured[0]:.1f} s" for count, measured in took.items())
    yield "its time", "linear", times
    taus = agreement(full_tournament(pair, candidates), 0.05)["adaptive"]
    yield f"Kendall's tau of 5 % of the pairs of {COUNT:,} with all", "0.97", mean_and_range(taus)
    known = read_aptamers(folder / "aptamers.csv")["sequence"].tolist()
    seconds, inside, scored = timed([folder / "rank/seed-1/onnx/model.onnx"], known, threads)
    yield (
        "200 generations of 1,000 aptamers",
        "120 s",
        f"{seconds:.1f} s, {inside:.1f} s of it in the model; {scored:,} were scored",
    )


@click.command()
@click.option("--run", "folder", required=True, help="Folder of a dataset in a finished run.")
@click.option(
    "--most", default=1_000_000, show_default=True, help="Number of candidates to screen."
)
@click.option("--threads", default=2, show_default=True)
def main(folder, most, threads):
    """Print the table."""
    print(f"machine: {machine.describe()}; {threads} threads\n")
    print("| | target | measured |\n|---|---|---|")
    for name, target, measured in rows(Path(folder), most, threads):
        print(f"| {name} | {target} | {measured} |", flush=True)


if __name__ == "__main__":
    main()
