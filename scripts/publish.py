"""Upload a model's repository to the Hugging Face hub."""

import os

import click
from huggingface_hub import HfApi
from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import disable_progress_bars, validate_repo_id

from aptarank.cli import PATH, Program
from aptarank.errors import InputError
from aptarank.log import logger

TOKEN = "HF_TOKEN"
HIDDEN = ".*"  # Snakemake's notes


@click.command(cls=Program)
@click.argument("folder", type=PATH)
@click.option("--repository", help="Its name on the hub, owner/name.")
@click.option("--public", is_flag=True, help="For all to see; else private where it is made anew.")
@click.option("--upload", is_flag=True, help="Really do it; else only say what would be done.")
def main(folder, repository, public, upload):
    """Upload FOLDER, which card.py makes, with the token in the environment variable HF_TOKEN.

    Example: python scripts/publish.py results/example/example/rank/seed-1/repository
    --repository me/my-aptamers
    """
    if not (folder / "README.md").is_file():
        raise InputError(f"{folder}: no README.md in it; expected a folder of card.py's")
    if not repository:
        raise InputError("no repository is named: --repository owner/name (publish.repository)")
    try:
        validate_repo_id(repository)
    except HFValidationError as reason:
        raise InputError(f"repository {repository!r}: {reason}") from None
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    for path in files:
        name = path.relative_to(folder).as_posix()
        logger.info("%s: %.1f kB", name, path.stat().st_size / 1000)
    visible = "public" if public else "private"
    if not upload:
        logger.info(
            "%d files would go to %s (%s where it is new); nothing was sent. --upload sends them "
            "(publish.dry_run: false)",
            *(len(files), repository, visible),
        )
        return
    token = os.environ.get(TOKEN)
    if not token:
        raise InputError(f"no token: set the environment variable {TOKEN} to one that may write")
    disable_progress_bars()  # they are no lines
    api = HfApi(token=token)
    try:
        api.create_repo(repository, private=not public, exist_ok=True)
        done = api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            ignore_patterns=HIDDEN,
            commit_message="aptarank: model, ONNX and card",
        )
    except OfflineModeIsEnabled:
        raise InputError("HF_HUB_OFFLINE is set: unset it to upload") from None
    except Exception as reason:  # each way of uploading has errors of its own
        said = (str(reason).replace(token, "…").strip() or type(reason).__name__).splitlines()[0]
        raise InputError(f"{repository}: the hub refused or was not reached: {said}") from None
    logger.info("%s: %d files", done.commit_url, len(files))


if __name__ == "__main__":
    main()
