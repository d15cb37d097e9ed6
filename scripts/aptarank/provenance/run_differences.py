"""Compare two folders of results: what differs, and by how much."""

import filecmp
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors

from aptarank.core.files import sha256
from aptarank.core.result_files import NOT_RESULTS, TIMED, WORKFLOW, exclusion_reason, list_files

# Files that may differ between two runs of one config, and why; and parts of files, by key or
# column. Everything else must be the same.
NOT_COMPARED = NOT_RESULTS | TIMED | {f"/{WORKFLOW}": "the workflow, not a result of it"}
NAMES = "the names of the run and of its inputs"
PARTS_NOT_COMPARED = {
    "manifest.json": {
        "config.run": NAMES,
        "config.datasets.*.path*": NAMES,
        "config.models.*.unlabelled": NAMES,
        "config.models.*.checkpoint": NAMES,
        "config.split.file": NAMES,
        "aptarank": "the versions",
        "git*": "the commit",
        "versions*": "the versions",
        "machine*": "the machine",
        "outputs*": "checksums of files that are compared themselves",
    },
    "ingestion.json": {"files.*.file": NAMES},
    "rejected.csv": {"source": NAMES},
}
# What the readers raise if a file is not what its name says.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, safetensors.SafetensorError)
# Names of tensor types in safetensors, and in numpy.
DTYPES = {f"{kind}{8 * size}": f"<{kind.lower()}{size}" for kind in "IU" for size in (1, 2, 4, 8)}
DTYPES |= {"F16": "<f2", "F32": "<f4", "F64": "<f8", "BOOL": "?"}


@dataclass
class FolderDiff:
    """The files of two folders, by how they compare.

    Attributes:
        different: with lines that say what differs.
        left_out: by the reason why they were not compared, or only in part.
    """

    identical: list[str] = field(default_factory=list)
    different: dict[str, list[str]] = field(default_factory=dict)
    only_first: list[str] = field(default_factory=list)
    only_second: list[str] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        return not (self.different or self.only_first or self.only_second)


def compare_folders(first: Path, second: Path) -> FolderDiff:
    """Compare all files of two folders by name."""
    names = [set(list_files(folder, {})) for folder in (first, second)]
    diff = FolderDiff()
    for name in sorted(names[0] | names[1]):
        why = exclusion_reason(name, NOT_COMPARED)
        if why:
            diff.left_out.setdefault(why, []).append(name)
        elif name not in names[1]:
            diff.only_first.append(name)
        elif name not in names[0]:
            diff.only_second.append(name)
        elif filecmp.cmp(first / name, second / name, shallow=False):
            diff.identical.append(name)
        else:
            lines = compare_files(first / name, second / name)
            if lines:
                diff.different[name] = lines
            else:
                reasons = PARTS_NOT_COMPARED[Path(name).name].values()
                why = f"in part: {', '.join(dict.fromkeys(reasons))}"
                diff.left_out.setdefault(why, []).append(name)
    return diff


def compare_files(first: Path, second: Path) -> list[str]:
    """Return lines that say what differs between two files; none if only what may differ."""
    exclude = list(PARTS_NOT_COMPARED.get(first.name, {}))
    compare = BY_SUFFIX.get(first.suffix)
    try:
        lines = compare(first, second, exclude) if compare else []
    except UNREADABLE as error:
        lines = [f"one cannot be read as {first.suffix}: {str(error).partition(chr(10))[0]}"]
    if lines or exclude:
        return lines
    sizes = " and ".join(f"{path.stat().st_size:,}" for path in (first, second))
    checksums = " and ".join(f"{sha256(path)[:12]}…" for path in (first, second))
    note = "the same content in other bytes; " if compare else ""
    return [f"{note}{sizes} bytes, SHA-256 {checksums}"]


def compare_tables(first: Path, second: Path, exclude: Sequence[str]) -> list[str]:
    """Compare two tables, CSV or Parquet, row by row."""
    one, two = (
        read_any_table(path).drop(columns=list(exclude), errors="ignore")
        for path in (first, second)
    )
    shared = [column for column in one if column in two]
    lines = one_sided("column", one.columns, two.columns)
    if not lines and list(one.columns) != list(two.columns):
        lines.append(f"columns in another order: {', '.join(one)}; {', '.join(two)}")
    if len(one) != len(two):
        return [*lines, f"{len(one):,} and {len(two):,} rows"]
    rows = np.zeros(len(one), dtype=bool)
    for column in shared:
        unequal, distance = compare_columns(one[column], two[column])
        rows |= unequal
        if unequal.any():
            lines.append(f"{column}: {unequal.sum():,} rows{distance}")
    return [*lines, f"{rows.sum():,} of {len(one):,} rows differ"] if lines else []


def read_any_table(path: Path) -> pd.DataFrame:
    """Read a table of any columns, Parquet, TSV or CSV."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    separator = "\t" if path.suffix == ".tsv" else ","
    return pd.read_csv(path, sep=separator)


def compare_columns(one: pd.Series, two: pd.Series) -> tuple[np.ndarray, str]:
    """Return which rows differ, and by how much if they are numbers."""
    numeric = all(pd.api.types.is_numeric_dtype(column) for column in (one, two))
    if not numeric:
        one, two = one.astype(str), two.astype(str)
    unequal = ((one != two) & ~(one.isna() & two.isna())).to_numpy(dtype=bool)
    return unequal, describe_distance(one.to_numpy(float), two.to_numpy(float)) if numeric else ""


def describe_distance(one: np.ndarray, two: np.ndarray) -> str:
    """Say by how much numbers differ; NaN is a missing number."""
    missing = np.isnan(one) != np.isnan(two)
    both = (one != two) & ~np.isnan(one) & ~np.isnan(two)
    largest = f", by up to {np.abs(one[both] - two[both]).max():.3g}" if both.any() else ""
    return largest + (f", {missing.sum():,} missing on one side" if missing.any() else "")


def one_sided(kind: str, one: Collection[str], two: Collection[str]) -> list[str]:
    """Return a line for each name that only one side has."""
    return [
        f"{kind} {name}: only in the {side}"
        for side, names, others in (("first", one, two), ("second", two, one))
        for name in names
        if name not in others
    ]


def compare_json(first: Path, second: Path, exclude: Sequence[str]) -> list[str]:
    """Compare two JSON files key by key."""
    one, two = (values_of(path) for path in (first, second))
    lines = []
    for key in dict.fromkeys([*one, *two]):
        texts = [json.dumps(side[key]) if key in side else "none" for side in (one, two)]
        if texts[0] == texts[1] or any(fnmatchcase(key, pattern) for pattern in exclude):
            continue
        numbers = all(type(side.get(key)) in (int, float) for side in (one, two))
        gap = f", by {abs(one[key] - two[key]):.3g}" if numbers else ""
        lines.append(f"{key}: {texts[0]} and {texts[1]}{gap}")
    return lines


def values_of(path: Path) -> dict[str, Any]:
    """Return the values of a JSON file by dotted keys; of a manifest's inputs, the checksums."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if path.name == "manifest.json":
        content["inputs"] = sorted(file["sha256"] for file in content["inputs"].values())
    return dict(flatten(content))


def flatten(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values in nested objects and lists, with their dotted keys."""
    parts = dict(enumerate(value)) if isinstance(value, list) else value
    if not isinstance(parts, dict) or not parts:
        yield key, value
        return
    for name, part in parts.items():
        yield from flatten(part, f"{key}.{name}" if key else str(name))


def compare_tensors(first: Path, second: Path, exclude: Sequence[str]) -> list[str]:
    """Compare two safetensors files tensor by tensor."""
    one, two = (dict(safetensors.deserialize(path.read_bytes())) for path in (first, second))
    lines = one_sided("tensor", one, two)
    for name in (name for name in one if name in two):
        kinds = [f"{tensor['dtype']} {tensor['shape']}" for tensor in (one[name], two[name])]
        if kinds[0] != kinds[1]:
            lines.append(f"{name}: {kinds[0]} and {kinds[1]}")
        elif one[name]["data"] != two[name]["data"]:
            values = [numbers(tensor) for tensor in (one[name], two[name])]
            unequal = np.count_nonzero(values[0] != values[1])
            distance = describe_distance(*(array.astype(float) for array in values))
            lines.append(f"{name}: {unequal:,} of {values[0].size:,} values{distance}")
    return lines


def numbers(tensor: Mapping) -> np.ndarray:
    """Return the numbers of a safetensors tensor, flat; its bytes if the type is unknown here."""
    if tensor["dtype"] == "BF16":  # the upper half of a float32, which numpy has no type for
        return (np.frombuffer(tensor["data"], "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(tensor["data"], DTYPES.get(tensor["dtype"], "u1"))


BY_SUFFIX: dict[str, Callable[[Path, Path, Sequence[str]], list[str]]] = {
    ".csv": compare_tables,
    ".tsv": compare_tables,
    ".parquet": compare_tables,
    ".json": compare_json,
    ".safetensors": compare_tensors,
}
