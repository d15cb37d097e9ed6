"""Upload folders to the Hugging Face Hub."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from huggingface_hub import HfApi, get_session
from huggingface_hub.utils import disable_progress_bars

from aptarank.core.errors import InputError

# What the user can do about some of the Hub's answers.
ADVICE = {
    401: "the Hub does not know this HF_TOKEN; create one at https://huggingface.co/settings/tokens",
    403: "this HF_TOKEN may not write there; it needs the permission to write to that repository",
    404: "there is no such user or organisation, or this HF_TOKEN may not see it",
}
TIMEOUT = 45  # seconds without a byte
MADE_HERE = ["onnx/*.onnx", "openvino/*.onnx"]  # files that an earlier upload may have left


def upload(
    folder: Path, names: Sequence[str], repository: str, token: str, *, private: bool
) -> str:
    """Upload these files of a folder to a repository, which is created if needed.

    Other files in the repository stay, except ONNX files of an earlier model. Settings of
    `huggingface_hub` (HF_ENDPOINT, HF_HUB_OFFLINE, …) apply.

    Args:
        private: create the repository as private, and upload nothing to a public one.

    Returns:
        The address of the repository.

    Raises:
        InputError: the Hub cannot be reached, or refuses.
    """
    disable_progress_bars()  # they are not lines of a log
    # huggingface_hub would wait forever. An upload may take as long as it needs while bytes flow.
    get_session().timeout = TIMEOUT
    api = HfApi(token=token)
    try:
        address = api.create_repo(repository, private=private, exist_ok=True)
        if private and not api.repo_info(repository).private:
            raise InputError(
                f"{address} is public, but publish.private is true; nothing was uploaded. Make it "
                "private on the Hub, or set publish: {private: false}"
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
    except Exception as error:  # each way of uploading has its own exceptions
        raise InputError(describe_failure(error, api.endpoint, repository, token)) from None
    return str(address)


def describe_failure(error: Exception, endpoint: str, repository: str, token: str) -> str:
    """Return the message for a failed upload, without the token."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in ADVICE:
        return f"{endpoint}: cannot upload to {repository}: {ADVICE[status]}"
    if type(error).__name__.endswith("Timeout"):
        return f"{endpoint}: no answer for {TIMEOUT} s, so the upload was stopped; try later"
    reason = " ".join(str(error).split()) or type(error).__name__
    return f"{endpoint}: cannot upload to {repository}: {reason.replace(token, '***')}"


def size_lines(sizes: Mapping[str, int]) -> list[str]:
    """Return a line for each file: its name and its size, which is given in bytes."""
    width = max(map(len, sizes), default=0)
    return [f"  {name:{width}}  {size / 1e6:10.3f} MB" for name, size in sizes.items()]
