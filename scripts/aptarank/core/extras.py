"""Packages that only some stages need: an installation that ranks by ONNX alone lacks them."""

from importlib.util import find_spec

from aptarank.core.errors import InputError

# The extra of pyproject.toml that brings each.
EXTRAS = {
    "matplotlib": "report",
    "pyarrow": "tables",
    "sklearn": "train",
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
        raise InputError(
            f"{purpose} needs {package}, which is not installed: pip install "
            f"'aptarank[{EXTRAS[package]}]'"
        )
