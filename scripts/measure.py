"""Time the variants of a model side by side, in one process."""

import importlib
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import pandas as pd
import torch

from aptarank.config.model_kinds import KINDS
from aptarank.config.schema import default
from aptarank.core import machine
from aptarank.core.errors import InputError
from aptarank.core.log import logger
from aptarank.core.tables import read_aptamers, write_csv
from aptarank.exports.onnx_runtime import providers_of
from aptarank.exports.timing import alone, batch_of, interleaved, summary
from aptarank.exports.variant_info import is_program, read_about, write_about
from aptarank.exports.variants import BASELINE, FORMS, load_variant, split_name, write_variant
from aptarank.models.depth import set_depth
from aptarank.models.encoder import load_model, pick_device
from aptarank.models.model_inputs import Inputs, encode
from aptarank.models.tokenizer import load_tokenizer
from aptarank.pairing.pair_store import StoredPairs
from aptarank.programs.cli import PATH, WRITTEN, Program, device_option, threads_option
from aptarank.programs.schema_options import setting
from aptarank.training.batch_sampler import sample_pairs


@click.command(cls=Program)
@click.argument("folders", type=PATH, nargs=-1, required=True)
@click.option("--model", type=PATH, required=True, help="Folder that finetune.py writes.")
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--test", type=PATH, required=True, help="Test pairs, of which batches are made.")
@setting("speed.batch_sizes", "--batch-size", "sizes")
@setting("speed.repetitions")
@setting("speed.seconds")
@device_option
@threads_option
@click.option("-o", "--output", type=WRITTEN, default="timings.csv")
def main(
    folders: tuple[Path, ...],
    model: Path,
    aptamers: Path,
    test: Path,
    sizes: tuple[int, ...],
    repetitions: int,
    seconds: float,
    device: str,
    threads: int,
    output: Path,
) -> None:
    """Time the variants in FOLDERS, what variant.py writes, with one thread and with --threads.

    They take turns, so that a drift of the machine meets all alike. Load time and memory are those
    of a process of its own for each.

    Example: python scripts/measure.py torch-fp32 onnx-fused --model model --aptamers aptamers.csv
    --test pairs/test.parquet
    """
    torch_device = pick_device(device)
    about = {folder: read_about(folder) for folder in folders}
    timed = {about[folder]["variant"]: folder for folder in folders if not about[folder]["skipped"]}
    if BASELINE not in timed:
        raise InputError(f"{BASELINE} is not among FOLDERS; all others are compared with it")
    sequences = pd.Index(read_aptamers(aptamers)["sequence"].unique())
    stored = StoredPairs(test, sequences)
    encoded = encode(load_tokenizer(model), sequences[stored.only_used()])
    if KINDS[about[timed[BASELINE]]["kind"]].aptamers == 2:
        first, second, _ = sample_pairs(stored, 10 * max(sizes), 1)
    else:
        first, second = np.arange(len(encoded)), None
    batches = {size: batch_of(encoded, first, second, size) for size in sorted(sizes)}

    with TemporaryDirectory() as made:
        example = batch_of(encoded, first, second, 2)
        for name in filter(is_program, timed):
            timed[name] = make_program(name, model, example, Path(made) / name)
        rows = time_variants(timed, batches, repetitions, seconds, threads, torch_device)
    write_csv(pd.DataFrame(rows), output)
    logger.info("%s", output)


def make_program(name: str, source: Path, example: Inputs, folder: Path) -> Path:
    """Write a variant that is a program from the weights of its model; returns its folder.

    Programs are not kept (`aptarank.exports.variant_info` says why). The same weights and the same
    code give the one that variant.py proved.
    """
    model, layers = load_model(source), split_name(name)[1]
    if layers is not None:
        set_depth(model, layers)
    about = write_variant(name, model, [example], default("export.opset"), folder)
    write_about(folder, about | {"skipped": None})
    return folder


def time_variants(
    timed: dict[str, Path],
    batches: dict[int, Inputs],
    repetitions: int,
    seconds: float,
    threads: int,
    device: torch.device,
) -> list[dict]:
    """A row for each variant, number of threads and batch size."""
    costs = {}
    for name, folder in timed.items():
        mine = is_program(name)
        costs[name] = alone(folder, threads, device.type, batches[max(batches)], made_here=mine)
        logger.info("%s: loaded in %.1f s", name, costs[name]["load_s"])
    rows = []
    for count in sorted({1, threads}):
        forwards = {
            name: load_variant(folder, count, device, made_here=is_program(name))
            for name, folder in timed.items()
        }
        for size, inputs in batches.items():
            ways = {
                name: lambda run=run, inputs=inputs: run(inputs) for name, run in forwards.items()
            }
            times = interleaved(ways, repetitions, seconds, device)
            base = np.median(times[BASELINE])
            for name, taken in times.items():
                rows.append(
                    {
                        "variant": name,
                        "threads": count,
                        "batch_size": size,
                        **summary(taken, size),
                        "speedup": base / np.median(taken),
                        **costs[name],
                        **where(name, device),
                    }
                )
            best = min(times, key=lambda name: np.median(times[name]))
            logger.info(
                "%d thread(s), batches of %d: %s is the fastest, %.2f times as fast as %s",
                count,
                size,
                best,
                base / np.median(times[best]),
                BASELINE,
            )
    return rows


def version_of(library: str) -> str:
    """The version of a library, whichever package brings it (onnxruntime or onnxruntime-gpu)."""
    return importlib.import_module(library).__version__.partition("-")[0]


def where(name: str, device: torch.device) -> dict[str, str]:
    """What runs a variant: library and version, provider, processor."""
    form = FORMS[split_name(name)[0]]
    on_gpu = form.gpu and device.type == "cuda"
    provider = "CUDA" if on_gpu else "CPU"
    if form.library == "onnxruntime":
        provider = providers_of(device.type)[0].removesuffix("ExecutionProvider")
    return {
        "library": f"{form.library} {version_of(form.library)}",
        "provider": provider,
        "processor": torch.cuda.get_device_name() if on_gpu else machine.processor(),
    }


if __name__ == "__main__":
    main()
