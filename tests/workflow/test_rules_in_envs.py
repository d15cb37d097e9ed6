"""Every rule's command in an environment of its own: the packages of its envs/*.yaml and no other.

`make test-envs`. The packages are pip's twins of conda's, in virtual environments made anew.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from environments import HEAVY, IN_CONDA, PIP, environments, packages
from snakemake_runs import ROOT

pytestmark = pytest.mark.envs

# Small, but each rule has something to do.
CONFIG = """
run: small
datasets:
  lab: {path: scored.csv, better: lower}
models:
  rank: {pretrain: 4, steps: 10, evaluate_every: 5, batch_size: 32}
learning_curve: {shares: [0.5]}
sweep: {model: rank, batch_size: [16, 32]}
speed: {variants: [onnx-fused, openvino-int8], batch_sizes: [8], repetitions: 2}
rank: {candidates: scored.csv}
publish: {repository: me/mine}
screen: {random: 200, keep: 5, chunks: 2}
design: {model: lab/rank, generations: 2, population: 20}
threads: 1
"""


def make(folder, specs):
    """A fresh environment with these packages alone; the variables of a shell in it."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", *specs]
    subprocess.run(pip, check=True)
    others = [
        place
        for place in os.environ["PATH"].split(os.pathsep)
        if place != os.path.dirname(sys.executable)
    ]
    variables = os.environ | {"PATH": os.pathsep.join([f"{folder}/bin", *others])}
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        variables.pop(name, None)
    return variables | {"PYTHONNOUSERSITE": "1"}


@pytest.fixture(scope="module")
def made():
    """Environments by name: those of envs/, and that of Snakemake alone."""
    in_pip = {conda: pip for pip, conda in IN_CONDA.items()}
    with tempfile.TemporaryDirectory() as folder:
        specs = {
            path.stem: [f"{in_pip.get(name, name)}{pin}" for name, pin in packages(path).items()]
            for path in (ROOT / "envs").glob("*.yaml")
        } | {"snakemake": [f"snakemake=={PIP['snakemake']}"]}
        yield {name: make(Path(folder, name), found) for name, found in specs.items()}


def call(command, folder, variables):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_snakemake_needs_itself_alone(made, tmp_path):
    command = f"snakemake -n --cores 1 --directory {tmp_path}"
    done = call(command, ROOT, made["snakemake"])
    assert done.returncode == 0, done.stderr
    assert "finetune" in done.stdout
    absent = f"import importlib.util as u; print([n for n in {sorted(HEAVY)} if u.find_spec(n)])"
    assert call(f'python -c "{absent}"', tmp_path, made["snakemake"]).stdout.strip() == "[]"


def test_every_rule_in_its_environment(made, tmp_path, scored, capsys):
    scored.to_csv(tmp_path / "scored.csv", index=False)
    (tmp_path / "overlay.yaml").write_text(CONFIG, encoding="utf-8")
    plan = f"snakemake all archive publish -n -p --forceall --cores 2 -s {ROOT}/Snakefile"
    planned = call(f"{plan} --configfile overlay.yaml", tmp_path, made["snakemake"])
    jobs = re.findall(
        r"^(?:local)?rule (\w+):\n(?: .*\n)*Shell command: (.+)$", planned.stdout, re.M
    )
    environment, outcomes, errors = environments(), {}, []
    for rule, command in jobs:  # in the order in which they depend on each other
        if rule not in environment:
            continue
        start = time.monotonic()
        done = call(command, tmp_path, made[environment[rule]])
        outcomes.setdefault(rule, []).append((done.returncode, time.monotonic() - start))
        if done.returncode:
            errors.append(f"{rule} in {environment[rule]}: {command}\n{done.stderr}")
    with capsys.disabled():
        print(f"\n{'environment':12}{'rule':16}{'jobs':>4}{'seconds':>9}")
        for rule in sorted(outcomes, key=lambda rule: (environment[rule], rule)):
            codes, seconds = zip(*outcomes[rule], strict=True)
            outcome = "failed" if any(codes) else "ok"
            print(f"{environment[rule]:12}{rule:16}{len(codes):4}{sum(seconds):9.1f}  {outcome}")
    assert not errors, "\n".join(errors)
    assert outcomes.keys() == environment.keys()
    assert (tmp_path / "results/small.zip").is_file()
