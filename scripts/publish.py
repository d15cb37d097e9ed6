"""Upload a trained model to the Hugging Face Hub, or say what would be uploaded."""

import os
from pathlib import Path

import click
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from aptarank.core.errors import InputError, first_line
from aptarank.core.log import logger
from aptarank.core.result_files import list_files
from aptarank.exports.onnx_files import check_onnx
from aptarank.models.model_files import header_of, read_object
from aptarank.programs.cli import PATH, Program
from aptarank.programs.schema_options import setting
from aptarank.provenance.hub import size_lines, upload
from aptarank.provenance.hub_layout import CARD, check_repository, sort_files


@click.command(cls=Program)
@click.argument("folder", type=PATH)
@setting("publish.repository")
@setting("publish.private", "--private/--public")
@setting("publish.dry_run", "--dry-run/--upload")
def main(folder: Path, repository: str | None, *, private: bool, dry_run: bool) -> None:
    """Upload FOLDER, which card.py writes, with the token in the variable HF_TOKEN.

    Example: python scripts/publish.py results/example/example/rank/seed-1/repository
    --repository me/my-model
    """
    if repository is None:
        raise InputError(
            "no repository is given; name it in the config, publish: {repository: owner/name}, or "
            "with --repository"
        )
    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise InputError(
            f"{repository}: not the name of a repository: {first_line(error)}"
        ) from None
    if not (folder / CARD).is_file():
        raise InputError(f"{folder}: no {CARD}; expected a folder that card.py writes")
    names = sort_files(list_files(folder))
    check_repository(folder, names)
    for name in names:
        check_content(folder / name)
    sizes = {name: (folder / name).stat().st_size for name in names}
    content = f"{len(names)} files, {sum(sizes.values()) / 1e6:.1f} MB"
    kind = "private" if private else "public"
    if dry_run:
        logger.info("would upload %s from %s to %s (%s):", content, folder, repository, kind)
        for line in size_lines(sizes):
            logger.info("%s", line)
        logger.info(
            "nothing was uploaded: this is a dry run. To upload, set publish: {dry_run: false} in "
            "the config, or use --upload%s",
            "" if os.environ.get("HF_TOKEN") else ", and a token in the variable HF_TOKEN",
        )
        return
    token = os.environ.get("HF_TOKEN")
    if not token:
        raise InputError(
            "no token: the variable HF_TOKEN is not set; create a token with write access at "
            "https://huggingface.co/settings/tokens, and export HF_TOKEN=…"
        )
    logger.info("uploading %s from %s to %s", content, folder, repository)
    logger.info("%s", upload(folder, names, repository, token, private=private))


def check_content(path: Path) -> None:
    """Raise InputError if a file is not what its name says: others will load it by its name."""
    if path.suffix == ".safetensors":
        header_of(path)
    elif path.suffix == ".onnx":
        check_onnx(path)
    elif path.suffix == ".json":
        read_object(path, "a file of a model")


if __name__ == "__main__":
    main()
