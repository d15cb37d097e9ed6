"""Where the workflow is and how it is started: from afar, read-only, as a module, under SLURM."""

import os
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
import yaml
from jinja2 import Template

from snakemake_runs import ROOT, planned, run_snakemake

MODULE = f"""
configfile: "ours.yaml"


module aptarank:
    snakefile:
        "{ROOT}/Snakefile"
    config:
        config["aptarank"]


use rule * from aptarank as apta_*


rule mine:
    input:
        rules.apta_ingest.output.aptamers.format(dataset="lab"),
    output:
        "counted.txt",
    shell:
        "wc -l < {{input}} > {{output}}"
"""
CONFIG = """
aptarank:
  run: used
  datasets: {lab: {path: scored.csv, better: higher}}
2024: {of: another, '}': workflow}
"""

# What `snakedeploy deploy-workflow` writes to workflow/Snakefile, but for the source in braces.
DEPLOYED = """
from snakemake.utils import min_version


min_version("6.10.0")


configfile: "config/config.yaml"


module aptarank:
    snakefile:
        {}
    config:
        config


use rule * from aptarank
"""
MINE = "datasets: {lab: {path: scored.csv, better: higher}}\n"
SPLIT = "results/example/lab/split.csv"


@pytest.fixture
def lab(tmp_path, scored):
    """A folder of a lab, with its table and its config."""
    folder = tmp_path / "lab"
    folder.mkdir()
    scored.to_csv(folder / "scored.csv", index=False)
    (folder / "mine.yaml").write_text(MINE, encoding="utf-8")
    return folder


@pytest.fixture
def checkout(tmp_path):
    """A copy of the workflow, without what was made in it."""
    made = shutil.ignore_patterns(".*", "__pycache__", "results", "site")
    return shutil.copytree(ROOT, tmp_path / "checkout", ignore=made)


@pytest.fixture
def deployed(lab):
    """Write what snakedeploy writes for a source of aptarank; returns where the Snakefile is."""

    def write(source):
        for name in ("workflow", "config"):
            (lab / name).mkdir()
        (lab / "mine.yaml").rename(lab / "config/config.yaml")
        (lab / "workflow/Snakefile").write_text(DEPLOYED.format(source), encoding="utf-8")
        shutil.copytree(ROOT / "profiles", lab / "profiles")
        return lab / "workflow"

    return write


def is_split(folder):
    """Whether the folder has a split of its 120 aptamers."""
    return len((folder / SPLIT).read_text(encoding="utf-8").splitlines()) == 121


def test_from_the_checkout_with_directory(checkout, lab, monkeypatch):
    """Results, logs and caches go to the other folder, and nothing to the checkout."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    before = sorted(checkout.rglob("*"))
    there = ["--directory", "../lab", "--configfile", "../lab/mine.yaml"]
    jobs = planned(run_snakemake(checkout, *there, "-n", workflow=checkout))
    assert jobs["finetune"] == 2
    done = run_snakemake(checkout, SPLIT, *there, workflow=checkout)
    assert is_split(lab)
    assert "Done. Results: results/example/" in done.stdout
    assert "comparison.csv" not in done.stdout  # which was not asked for
    assert sorted(checkout.rglob("*")) == before


def test_from_a_read_only_checkout(checkout, lab):
    """As a user who must not write there: root without its right to ignore modes is one."""
    subprocess.run(["chmod", "-R", "a-w", checkout], check=True)
    user = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override"]
    try:
        if not subprocess.run([*user, "touch", checkout / "new"], check=False).returncode:
            pytest.skip("a read-only folder can be written to here")
        mine = {"workflow": checkout, "under": user}
        jobs = planned(run_snakemake(lab, "--configfile", "mine.yaml", "-n", **mine))
        assert jobs["finetune"] == 2
        run_snakemake(lab, SPLIT, "--configfile", "mine.yaml", **mine)
        assert is_split(lab)
    finally:
        subprocess.run(["chmod", "-R", "u+w", checkout], check=True)  # for pytest to delete it


def test_as_snakedeploy_deploys_it(lab, deployed):
    """From a folder: a github() source needs the network, and the next test."""
    workflow = deployed(f'"{ROOT}/Snakefile"')
    assert planned(run_snakemake(lab, "-n", workflow=workflow))["finetune"] == 2
    run_snakemake(lab, SPLIT, workflow=workflow)
    assert is_split(lab)


def test_as_snakedeploy_deploys_it_from_github(checkout, lab, deployed, tmp_path, monkeypatch):
    """The scripts would not be there, which is said; git finds GitHub's repository on this disk."""
    for words in ("init --initial-branch main", "add .", "commit --message all"):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *words.split()], cwd=checkout, check=True)
    for name, value in {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{checkout}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/me/aptarank",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    workflow = deployed('github("me/aptarank", path="Snakefile", branch="main")')
    done = run_snakemake(lab, "-n", workflow=workflow, code=1)
    assert "aptarank runs its scripts from a folder; clone it" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("config", "answer"),
    [
        ({"datasets": {"lab": {}}}, "results/example/lab/answer.rst"),
        ({"datasets": {"lab": {}}, "run": "mine"}, "results/mine/lab/answer.rst"),
        ({"aptarank": {"datasets": {"lab": {}}}}, None),
    ],
)
def test_the_report_of_a_module(config, answer):
    """Its first page has the other workflow's config, without our defaults."""
    page = Template((ROOT / "report/workflow.rst").read_text(encoding="utf-8"))
    text = page.render(snakemake=SimpleNamespace(config=config))
    assert re.findall(r"include:: (.*)", text) == ([answer] if answer else [])


def test_a_folder_for_python_without_pip_is_mended(tmp_path):
    """Debian makes such a .venv where its package python3-venv is missing."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    python, pip = tmp_path / ".venv/bin/python", tmp_path / ".venv/bin/pip"
    python.parent.mkdir(parents=True)
    for file, made_anew in ((python, True), (pip, False)):
        file.touch()
        done = subprocess.run(
            ["make", "--dry-run", "run"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert ("-m venv .venv" in done.stdout) == made_anew


def test_make_run_with_a_target(checkout, monkeypatch):
    """As a target, not as another resource beside gpu=1."""
    for name in ("bin/pip", "installed"):
        file = checkout / ".venv" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    make = ["make", "run", "ARGS=results/example/example/split.csv --dry-run"]
    done = subprocess.run(make, cwd=checkout, capture_output=True, text=True, check=False)
    assert planned(done) == {"ingest": 1, "split": 1}, done.stderr


def test_as_a_module(tmp_path, scored):
    """Its scripts, environments and defaults are its own, whatever lies beside the other one."""
    scored.to_csv(tmp_path / "scored.csv", index=False)
    (tmp_path / "Snakefile").write_text(MODULE, encoding="utf-8")
    (tmp_path / "ours.yaml").write_text(CONFIG, encoding="utf-8")
    jobs = planned(run_snakemake(tmp_path, "apta_all", "-n", workflow=tmp_path))
    assert jobs["apta_ingest"] == 1
    assert jobs["apta_finetune"] == 2
    run_snakemake(tmp_path, "counted.txt", workflow=tmp_path)
    assert (tmp_path / "counted.txt").read_text().strip() == "121"


def test_a_module_with_a_mistake(tmp_path):
    (tmp_path / "Snakefile").write_text(MODULE, encoding="utf-8")
    (tmp_path / "ours.yaml").write_text("aptarank: {2024: {}}", encoding="utf-8")
    done = run_snakemake(tmp_path, "-n", workflow=tmp_path, code=1)
    assert "config: YAML reads the name 2024 as" in done.stdout + done.stderr


def test_the_config_is_read_whatever_the_path_of_the_workflow(tmp_path):
    """YAML that reads otherwise than it looks is said also where the path has a .. in it."""
    (tmp_path / "ours.yaml").write_text("seeds: [1]\nseeds: [2]\n", encoding="utf-8")
    arguments = ["--configfile", "ours.yaml", "-n"]
    done = run_snakemake(tmp_path, *arguments, workflow=ROOT / "rules" / "..", code=1)
    assert "seeds" in done.stdout + done.stderr
    assert "twice" in done.stdout + done.stderr


def test_the_path_of_the_workflow_has_braces(tmp_path):
    """Said before Snakemake puts something in their place."""
    home = tmp_path / "br{x}"
    home.mkdir()
    for name in ("Snakefile", "config.yaml", "config.schema.yaml", "rules", "scripts"):
        (home / name).symlink_to(ROOT / name)
    done = run_snakemake(tmp_path, "-n", workflow=home, code=1)
    said = done.stdout + done.stderr
    assert re.search(r"the path of aptarank, .*br\{x\}', has \{ in it", said)


def test_slurm_with_gres_alone():
    """The commented lines of the profile take the place of gpu for all that asks for one."""
    text = (ROOT / "profiles/slurm/config.yaml").read_text(encoding="utf-8")
    text = re.sub(r'(?m)^( +)# (gpu: 0|gres: "gpu:1")$', r"\1\2", text)
    rules = yaml.safe_load(text)["set-resources"]
    for name in ("finetune", "finetune_share", "pretrain"):
        assert (rules[name]["gpu"], rules[name]["gres"]) == (0, "gpu:1")
