"""Folders put on the Hugging Face Hub."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from huggingface_hub import HfApi, get_session
from huggingface_hub.utils import disable_progress_bars

from aptarank.core.errors import InputError

# Of the answers of the Hub, those that a user can do something about.
ADVICE = {
    401: "the Hub does not know this HF_TOKEN; make one at https://huggingface.co/settings/tokens",
    403: "this HF_TOKEN may not write there; it needs the permission to write to that repository",
    404: "there is no such user or organisation, or this HF_TOKEN may not see it",
}
SILENCE = 45  # seconds without a byte, after which the Hub is given up
MADE_HERE = ["onnx/*.onnx", "openvino/*.onnx"]  # what a former upload may have left


def upload(folder: Path, names: Sequence[str], repository: str, private: bool, token: str) -> str:
    """Make the repository where there is none, and put these files of the folder into it.

    Files of others that are in it stay, but for ONNX files of a former model. What comes from
    `huggingface_hub` (HF_ENDPOINT, HF_HUB_OFFLINE, …) holds.

    Args:
        private: of a repository that is made; into one that is public nothing is then put.

    Returns:
        The address of the repository.

    Raises:
        InputError: the Hub cannot be reached, or refuses.
    """
    disable_progress_bars()  # they are no lines
    # huggingface_hub waits for ever. An upload may take as long as it needs while bytes flow.
    get_session().timeout = SILENCE
    api = HfApi(token=token)
    try:
        address = api.create_repo(repository, private=private, exist_ok=True)
        if private and not api.repo_info(repository).private:
            raise InputError(
                f"{address} is public, but publish.private is true; nothing was uploaded. Make it "
                "private on the Hub, or say publish: {private: false}"
            )
        api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            allow_patterns=list(names),
            delete_patterns=MADE_HERE,
            commit_message="A model trained by aptarank",
        )
    except InputError:
        raise
    except Exception as error:  # each way of uploading has exceptions of its own
        raise InputError(worded(error, api.endpoint, repository, token)) from None
    return str(address)


def worded(error: Exception, endpoint: str, repository: str, token: str) -> str:
    """A failure as a user can read it, without the token."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in ADVICE:
        return f"{endpoint}: cannot upload to {repository}: {ADVICE[status]}"
    if type(error).__name__.endswith("Timeout"):
        return f"{endpoint}: no answer for {SILENCE} s, and nothing more was uploaded; try later"
    said = " ".join(str(error).split()) or type(error).__name__
    return f"{endpoint}: cannot upload to {repository}: {said.replace(token, '***')}"


def as_lines(sizes: Mapping[str, int]) -> list[str]:
    """Names and sizes of files, in bytes, one a line."""
    width = max(map(len, sizes), default=0)
    return [f"  {name:{width}}  {size / 1e6:10.3f} MB" for name, size in sizes.items()]
