"""Make a trained model a complete Hugging Face repository, with its card."""

import json
import shutil

import click

from aptarank.about import read_about
from aptarank.cli import PATH, Program
from aptarank.errors import InputError
from aptarank.log import logger
from aptarank.model_card import card
from aptarank.tables import read_aptamers, read_json, read_table

FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


@click.command(cls=Program)
@click.option("--model", "folder", type=PATH, required=True, help="Folder of finetune.py's.")
@click.option("--onnx", type=PATH, required=True, help="What export.py writes.")
@click.option("--variant", "variants", type=PATH, multiple=True, help="Folders of variant.py's.")
@click.option("--metrics", type=PATH, required=True, help="What evaluate.py writes.")
@click.option("--baselines", type=PATH, required=True, help="What baselines.py writes.")
@click.option("--ingestion", type=PATH, required=True, help="What ingest.py --summary writes.")
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--audit", type=PATH, required=True, help="What audit.py writes.")
@click.option("--dataset", required=True, help="Its name.")
@click.option("--settings", default="{}", help="Of the training, JSON.")
@click.option("--license", help="An identifier of SPDX, such as cc-by-4.0.")
@click.option("-o", "--output", type=PATH, default="repository")
def main(
    folder, onnx, variants, metrics, baselines, ingestion, aptamers, audit, dataset, settings,
    license, output,
):  # fmt: skip
    """Put weights, tokenizer, ONNX files and a card of what was measured into one folder.

    Example: python scripts/card.py --model model --onnx onnx/model.onnx --metrics metrics.json
    --baselines baselines.csv --ingestion ingestion.json --aptamers aptamers.csv
    --audit audit/audit.csv --dataset lab --license mit
    """
    (output / "onnx").mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if not (folder / name).is_file():
            raise InputError(f"{folder}: no {name} in it; expected a folder of finetune.py's")
        shutil.copyfile(folder / name, output / name)
    files = {"onnx/model.onnx": onnx}
    for path in variants:
        name = read_about(path)["variant"]
        if (path / "model.onnx").is_file():  # also those of OpenVINO
            files[f"onnx/model_{name.removeprefix('onnx-')}.onnx"] = path / "model.onnx"
    for name, path in files.items():
        shutil.copyfile(path, output / name)
    text = card(
        dataset,
        license,
        read_json(metrics),
        read_table(baselines, ["model", "accuracy"]),
        read_json(ingestion),
        read_aptamers(aptamers),
        read_table(audit, ["quantity", "at", "part", "value"]),
        json.dumps(json.loads(settings), indent=2, sort_keys=True),
        list(files),
    )
    (output / "README.md").write_text(text, encoding="utf-8")
    logger.info("%s: a Hugging Face repository; publish.py uploads it", output)


if __name__ == "__main__":
    main()
