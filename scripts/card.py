"""Make a repository for the Hugging Face Hub from a trained model, with a model card."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from safetensors import safe_open

from aptarank.core.errors import InputError, first_line
from aptarank.core.files import sha256, write_json
from aptarank.core.log import logger
from aptarank.core.machine import versions
from aptarank.core.tables import RECREATE, read_aptamers, read_json, read_table
from aptarank.exports.onnx_files import check_onnx
from aptarank.exports.variant_info import read_about
from aptarank.models.model_files import read_config, read_object
from aptarank.pairing.split_table import training_sequences
from aptarank.programs.cli import PATH, WRITTEN, OfResults
from aptarank.programs.json_options import json_object
from aptarank.programs.schema_options import setting
from aptarank.provenance.hub_layout import (
    CARD,
    TOKENIZER,
    files_of_model,
    path_in_repository,
    portable_tokenizer,
    sort_files,
)
from aptarank.report.model_card import Facts, model_card

FILE = "model.onnx"  # of a variant that is portable


@click.command(cls=OfResults)
@click.argument("variants", type=PATH, nargs=-1)
@click.option("--model", "folder", type=PATH, required=True, help="Folder that finetune.py writes.")
@click.option("--onnx", type=PATH, required=True, help="What export.py writes.")
@click.option("--metrics", type=PATH, required=True, help="What evaluate.py writes.")
@click.option("--baselines", type=PATH, required=True, help="What baselines.py writes.")
@click.option("--aptamers", type=PATH, required=True, help="What ingest.py writes.")
@click.option("--ingestion", type=PATH, required=True, help="What ingest.py --summary writes.")
@click.option("--split", type=PATH, required=True, help="What split.py writes.")
@click.option("--audit", type=PATH, required=True, help="What audit.py writes.")
@click.option("--settings", default="{}", help="Settings of the training, JSON, for the card.")
@click.option("--split-settings", default="{}", help="Settings of the split, JSON, for the card.")
@setting("publish.license", "--license", "license_")
@setting("publish.repository")
@click.option("-o", "--output", type=WRITTEN, default="repository", help="Folder.")
def main(
    variants: tuple[Path, ...],
    folder: Path,
    onnx: Path,
    metrics: Path,
    baselines: Path,
    aptamers: Path,
    ingestion: Path,
    split: Path,
    audit: Path,
    settings: str,
    split_settings: str,
    license_: str | None,
    repository: str | None,
    output: Path,
) -> None:
    """Copy a model, its ONNX file and its verified VARIANTS into one folder, and write README.md.

    docs/publishing.md says how to use the folder.

    Example: python scripts/card.py --model model --onnx onnx/model.onnx --metrics metrics.json
    --baselines baselines.csv --aptamers aptamers.csv --ingestion ingestion.json --split split.csv
    --audit audit/audit.csv --license MIT
    """
    files, about = files_of_model(folder, onnx), portable_variants(variants)
    for path in files.values():
        check_whole(path)
    files |= {name: variant / FILE for name, (variant, _) in about.items()}
    rows = read_aptamers(aptamers)
    trained = rows[rows["sequence"].isin(training_sequences(split))]
    facts = Facts(
        config=read_config(folder),
        tokenizer=read_object(folder / TOKENIZER, "the settings of a tokenizer"),
        metrics=read_json(metrics),
        baselines=read_table(baselines, ["model", "accuracy"]),
        ingestion=read_json(ingestion),
        aptamers=trained,
        audit=read_table(audit, ["quantity", "at", "part", "value"]),
        variants={name: info for name, (_, info) in about.items()},
        files=sort_files([*files, CARD]),
        settings=json_object(settings, "--settings"),
        split=json_object(split_settings, "--split-settings"),
        license=license_,
        repository=repository,
        versions=versions(),
    )
    copy_files(files, output)
    write_json(portable_tokenizer(facts.tokenizer), output / TOKENIZER)
    (output / CARD).write_text(model_card(facts), encoding="utf-8")
    size = sum((output / name).stat().st_size for name in facts.files)
    logger.info("%s: %d files, %.1f MB", output, len(facts.files), size / 1e6)


def portable_variants(folders: Sequence[Path]) -> dict[str, tuple[Path, dict]]:
    """Return folder and variant.json of each variant for the repository, by its path there.

    Raises:
        InputError: its file is damaged, or not the one that was verified.
    """
    variants = {}
    for folder in folders:
        info = read_about(folder)
        name = path_in_repository(info["variant"])
        if name and info["skipped"] is None:
            check_whole(folder / FILE)
            if sha256(folder / FILE) != info["files"][FILE]:
                raise InputError(f"{folder / FILE}: changed since it was proven{RECREATE}")
            variants[name] = folder, info
    return variants


def copy_files(files: Mapping[str, Path], output: Path) -> None:
    """Copy files to their names in a folder, and delete other models that an earlier call left."""
    for old in {*output.glob("onnx/*.onnx"), *output.glob("openvino/*.onnx")}:
        if old.relative_to(output).as_posix() not in files:
            old.unlink()
    for name, path in files.items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        # Not copyfile: if the disk is full, it blames the file that is read.
        with path.open("rb") as content, (output / name).open("wb") as target:
            shutil.copyfileobj(content, target)


def check_whole(path: Path) -> None:
    """Raise InputError if a file of a model is cut short or damaged."""
    if not path.is_file():
        raise InputError(f"{path}: no such file{RECREATE}")
    try:
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".safetensors":
            with safe_open(path, framework="numpy"):
                pass
        elif path.suffix == ".onnx":
            check_onnx(path)
    except (OSError, InputError):  # of the disk, not of the content
        raise
    except Exception as error:  # each library has its own exceptions
        raise InputError(f"{path}: damaged or cut short: {first_line(error)}{RECREATE}") from None


if __name__ == "__main__":
    main()
