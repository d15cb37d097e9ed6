"""Packages that only some stages need: an installation that ranks by ONNX alone lacks them."""

from importlib.util import find_spec

from aptarank.core.errors import InputError

# The extra of pyproject.toml that brings each; all others come with `all`.
EXTRAS = {
    "adjustText": "report",
    "jinja2": "report",
    "matplotlib": "report",
    "pyarrow": "tables",
    "scipy": "train",
    "sklearn": "train",
    "threadpoolctl": "train",
    "torch": "train",
    "transformers": "train",
}


def is_installed(package: str) -> bool:
    """Whether a package can be imported."""
    return find_spec(package) is not None


def require(package: str, purpose: str) -> None:
    """Check that a package is there.

    Raises:
        InputError: it is not; says how to install it.
    """
    if not is_installed(package):
        raise InputError(why_missing(purpose, package))


def why_missing(purpose: str, package: str) -> str:
    """That something needs a package, and how to install it."""
    extra = EXTRAS.get(package, "all")
    return (
        f"{purpose} needs {package}, which is not installed; in the clone of aptarank: "
        f"pip install '.[{extra}]'"
    )
