"""What the environments of rules hold."""

import re

import yaml

from snakemake_runs import ROOT

IN_CONDA = {"torch": "pytorch"}


PIP = dict(re.findall(r"^([\w-]+)==(.+)$", (ROOT / "requirements.txt").read_text("utf-8"), re.M))


# What Snakemake itself does without, so that it starts at once.
HEAVY = {"matplotlib", "numpy", "onnxruntime", "pandas", "pyarrow", "scipy", "sklearn", "torch"}


def packages(path):
    specs = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    return dict(spec.split(" ", 1) for spec in specs if not spec.startswith("python "))


def environments():
    """The environment of each rule that has one, those by `use rule` included."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").rglob("*.smk"))]
    found = {}
    for text in texts:
        found |= re.findall(r'^rule (\w+):\n.*?\.\./envs/(\w+)\.yaml"', text, re.M | re.S)
    for text in texts:
        used = re.findall(r"^use rule (\w+) as (\w+)", text, re.M)
        found |= {new: found[old] for old, new in used}
    return found
