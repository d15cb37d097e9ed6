"""Every form of a trained model on the EhPPDK test set: verified, timed, compared with others.

Run: .venv/bin/python benchmarks/speed.py --data FOLDER
where FOLDER is that of benchmarks/ehppdk.py. The first run creates an environment for optimum,
whose versions conflict with ours; this needs PyPI.
"""

import shutil
import subprocess
import time
import venv
from collections.abc import Callable
from pathlib import Path

import click
import ehppdk
import numpy as np
import onnxruntime
import pandas as pd
import torch
from onnx import TensorProto, helper
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from aptarank.core import machine
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.exports.timing import interleaved
from aptarank.exports.variant_info import is_program, read_about
from aptarank.exports.variants import FORMS, load_variant
from aptarank.models.depth import set_depth
from aptarank.models.encoder import load_model
from aptarank.models.fused import fused
from aptarank.models.model_inputs import Inputs, build_inputs, encode
from aptarank.models.tokenizer import load_tokenizer
from aptarank.models.torch_inference import as_tensors

MODELS = {
    "nano_rank": {"kind": "rank"},
    "nano_pair": {"kind": "pair"},
    "base_rank": {
        "kind": "rank",
        "size": "base",
        "steps": 500,
        "learning_rate": 0.0001,
        "warmup": 0.2,
        "average": 0.98,
        "dropout": 0,
        "depths": [6, 8],
        "patience": None,
    },
}
SHALLOW = ["onnx-fused@1", "openvino-bf16@8", "openvino-int8@8", "openvino-int8@6"]
BATCH = 64
OPTIMUM = ["torch==2.13.0", "optimum-onnx[onnxruntime]==0.1.0", "optimum==2.1.0"]
OPTIMUM += ["transformers==4.57.6", "onnx==1.23.2", "onnxruntime==1.31.1"]
CPU = torch.device("cpu")
SIDE = 2048  # size of the matrices whose product is the limit


def optimum_export(model: Path, output: Path) -> Path:
    """Export a model to ONNX with optimum, in its own environment."""
    folder = output / "optimum-environment"
    if not (folder / "bin/optimum-cli").is_file():
        venv.create(folder, with_pip=True)
        for package in (OPTIMUM[:1], OPTIMUM[1:]):
            command = [folder / "bin/pip", "install", "--quiet", *package]
            subprocess.run(command, check=True)
    made = output / "optimum" / model.parents[1].name
    command = [folder / "bin/optimum-cli", "export", "onnx", "--model", model]
    command += ["--task", "text-classification", made]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return made / "model.onnx"


def test_texts(data: Path, kind: str) -> list[tuple[str, ...]]:
    """Test aptamers (or pairs) for one batch."""
    pairs = pd.read_parquet(data / "pairs/test.parquet")
    if kind == "pair":
        some = pairs.sample(BATCH, random_state=1)
        return list(zip(some["Sequence1"], some["Sequence2"], strict=True))
    return [(text,) for text in pd.unique(pairs["Sequence1"])[:BATCH]]


def inputs_of(texts: list[tuple[str, ...]], tokenizer) -> Inputs:
    """Model inputs of these aptamers or pairs."""
    encoded = encode(tokenizer, [text for example in texts for text in example])
    width = len(texts[0])
    rows = width * np.arange(len(texts))
    return build_inputs(encoded, *(rows + side for side in range(width)))


def by_hand(folder: Path, data: Path, output: Path, threads: int) -> pd.DataFrame:
    """Seconds per batch of our forms, optimum's file and transformers' pipeline.

    Optimum's file gets the same inputs as ours; the pipeline gets text, as do the forms of
    ours that are compared with it.
    """
    tokenizer = load_tokenizer(folder / "model")
    texts = test_texts(data, read_about(folder / "variants/torch-fp32")["kind"])
    inputs = inputs_of(texts, tokenizer)
    chosen = pd.read_json(folder / "speed/recommended.json", typ="series")["variant"]
    torch.set_num_threads(threads)
    ours = {
        name: load_variant(folder / "variants" / name, threads, CPU)
        for name in dict.fromkeys(["onnx-fp32", "onnx-fused", chosen])
    }
    theirs = onnx_forward(optimum_export(folder / "model", output), threads)
    pipe = pipeline(
        "text-classification",
        model=AutoModelForSequenceClassification.from_pretrained(folder / "model"),
        tokenizer=AutoTokenizer.from_pretrained(folder / "model"),
        device="cpu",
        batch_size=BATCH,
        function_to_apply="none",
    )
    as_dicts = [dict(zip(("text", "text_pair"), text, strict=False)) for text in texts]
    piped = np.array([row["score"] for row in pipe(as_dicts)])
    assert np.abs(piped - ours["onnx-fp32"](inputs)).max() < 1e-3
    assert np.abs(theirs(inputs) - ours["onnx-fp32"](inputs)).max() < 1e-3
    ways: dict[str, Callable] = {"optimum, ONNX Runtime": lambda: theirs(inputs)}
    ways |= {f"aptarank, {name}": lambda run=run: run(inputs) for name, run in ours.items()}
    ways["transformers' pipeline, from text"] = lambda: pipe(as_dicts)
    ways |= {
        f"aptarank, {name}, from text": lambda run=run: run(inputs_of(texts, tokenizer))
        for name, run in ours.items()
    }
    taken = {name: np.median(times) for name, times in interleaved(ways, 50, 10, CPU).items()}
    table = pd.DataFrame({"way": taken.keys(), "ms": [1000 * time for time in taken.values()]})
    table["to optimum"] = taken["optimum, ONNX Runtime"] / table["ms"] * 1000
    table["to the pipeline"] = taken["transformers' pipeline, from text"] / table["ms"] * 1000
    return table.assign(threads=threads)


def integer_product() -> Callable[[], object]:
    """Make the function that multiplies uint8 and int8 matrices with ONNX Runtime."""
    shape = [SIDE, SIDE]
    node = helper.make_node("MatMulInteger", ["a", "b"], ["c"])
    a = helper.make_tensor_value_info("a", TensorProto.UINT8, shape)
    c = helper.make_tensor_value_info("c", TensorProto.INT32, shape)
    weight = np.random.default_rng(1).integers(-128, 128, shape, dtype=np.int8)
    b = helper.make_tensor("b", TensorProto.INT8, shape, weight.tobytes(), raw=True)
    model = helper.make_model(helper.make_graph([node], "product", [a], [c], [b]))
    model.ir_version, model.opset_import[0].version = 10, 20
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    given = {"a": np.full(shape, 3, dtype=np.uint8)}
    return lambda: session.run(None, given)


def products() -> dict[str, dict[str, Callable[[], object]]]:
    """Functions that multiply large matrices, by precision."""
    a, b = (torch.randn(SIDE, SIDE, generator=torch.manual_seed(1)) for _ in range(2))
    half = a.bfloat16(), b.bfloat16()
    small = (100 * a).to(torch.int8), (100 * b).to(torch.int8)
    return {
        "fp32": {"torch": lambda: a @ b},
        "bf16": {"torch": lambda: half[0] @ half[1]},
        "int8": {"torch": lambda: torch._int_mm(*small), "ONNX Runtime": integer_product()},
    }


def near_the_limit(folder: Path, data: Path, threads: int) -> pd.DataFrame:
    """Operations per second of each variant, and as a fraction of a large matrix product."""
    torch.set_num_threads(threads)
    kind = read_about(folder / "variants/torch-fp32")["kind"]
    inputs = inputs_of(test_texts(data, kind), load_tokenizer(folder / "model"))
    folders = sorted(path.parent for path in folder.glob("variants/*/variant.json"))
    abouts = {path.name: read_about(path) for path in folders}
    abouts = {name: about for name, about in abouts.items() if not about["skipped"]}
    runs = {
        name: load_variant(folder / "variants" / name, threads, CPU)
        for name in abouts
        # It would have to compile again; programs are not kept.
        if not name.startswith("torch-compile") and not is_program(name)
    }
    ways = {name: lambda run=run: run(inputs) for name, run in runs.items()}
    limits = {
        f"{precision}, {library}": way
        for precision, libraries in products().items()
        for library, way in libraries.items()
    }
    taken = {
        name: np.median(times) for name, times in interleaved(ways | limits, 30, 5, CPU).items()
    }
    best: dict[str, float] = {}
    for name in limits:
        precision = name.split(",")[0]
        best[precision] = max(best.get(precision, 0), 2 * SIDE**3 / taken[name])
    work = {}
    for layers in {about["layers"] for about in abouts.values()}:
        shallow = load_model(folder / "model")
        set_depth(shallow, layers)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            fused(shallow)(**as_tensors(inputs))
        work[layers] = counter.get_total_flops()
    rows = []
    for name in ways:
        flops = work[abouts[name]["layers"]]
        limit = best[abouts[name]["precision"]]
        rate = flops / taken[name]
        rows.append([name, flops / 1e9, 1000 * taken[name], rate / 1e9, limit / 1e9, rate / limit])
    columns = ["variant", "GFLOP", "ms", "GFLOP/s", "of a product", "share"]
    return pd.DataFrame(rows, columns=columns).sort_values("ms")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option(
    "--models", default=",".join(MODELS), show_default=True, help="Models, separated by commas."
)
@click.option("--threads", default=2, show_default=True)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option(
    "--batches", default="1,8,64,256", show_default=True, help="Batch sizes, separated by commas."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path(__file__).parent / "results/speed",
    help="Folder of the run.",
)
def main(data, models, threads, device, batches, output):
    """Train the models, write and time their variants, and print all tables."""
    output.mkdir(parents=True, exist_ok=True)
    ehppdk.published_split(data).to_csv(output / "split.csv", index=False)
    overlay = ehppdk.overlay_of(data) | {
        "run": "speed",
        "models": {name: MODELS[name] for name in models.split(",")},
        "threads": threads,
        "device": device,
        "learning_curve": {"shares": []},
        "speed": {
            "variants": [*FORMS, *SHALLOW],
            "batch_sizes": [int(size) for size in batches.split(",")],
        },
    }
    start = time.monotonic()
    ehppdk.run_chain(overlay, output, threads)
    print(f"machine: {machine.describe()}; {(time.monotonic() - start) / 60:.0f} minutes")
    results = output / "results/speed/ehppdk"
    for name in models.split(","):
        folder = results / name / "seed-1"
        print(f"\n## {name}, batches of {BATCH}\n")
        print((folder / "speed/benchmark.md").read_text(encoding="utf-8"))
        shutil.copy(folder / "speed/pareto.svg", output / f"{name}.svg")
        if device == "cpu":
            for count in sorted({1, threads}):
                print(by_hand(folder, results, output, count).round(2).to_string(index=False))
            print(near_the_limit(folder, results, threads).round(2).to_string(index=False))
        print(f"\n{output / name}.svg")


if __name__ == "__main__":
    main()
