"""The time that Snakemake takes to plan: `snakemake -n` on the example and on a large config.

python benchmarks/planning.py
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from aptarank.core.machine import describe

LARGE = {
    "datasets": {
        f"lab-{n}": {"path": str(ROOT / "example/aptamers.csv"), "better": "lower"}
        for n in range(5)
    },
    "models": {
        "rank": {},
        "pair": {},
        "fast": {"kind": "rank", "learning_rate": 0.002},
        "slow": {"kind": "pair", "learning_rate": 0.0002},
    },
    "seeds": list(range(1, 11)),
}


def seconds(folder: Path, *arguments: str) -> tuple[float, str]:
    """Seconds of one call, and its output."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return time.monotonic() - start, done.stdout + done.stderr


def main() -> None:
    print(describe(), "\n")
    print("| `snakemake -n` | jobs | seconds (best of 3) | times `snakemake --version` |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        (where / "large.yaml").write_text(yaml.safe_dump(LARGE))
        alone = min(seconds(where, "--version")[0] for _ in range(3))
        plan = ["-n", "-s", str(ROOT / "Snakefile")]
        for name, more in (
            ("the example", []),
            ("5 datasets × 4 models × 10 seeds", ["--configfile", "large.yaml"]),
        ):
            runs = [seconds(where, *plan, *more) for _ in range(3)]
            best = min(runs)[0]
            total = next(line for line in runs[0][1].splitlines() if line.startswith("total "))
            print(f"| {name} | {total.split()[1]} | {best:.1f} | {best / alone:.1f} |")


if __name__ == "__main__":
    main()
