"""What the field expects of a workflow's repository is there, and in step with the rest."""

import importlib
import os
import re
import shlex

import pytest
import yaml

import aptarank
from snakemake_runs import ROOT

SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))


def load(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_catalog():
    usage = load(".snakemake-workflow-catalog.yml")["usage"]
    assert usage["software-stack-deployment"]["conda"]
    assert usage["report"]
    assert "config.yaml" in (ROOT / "config/README.md").read_text(encoding="utf-8")


def test_citation():
    citation = load("CITATION.cff")
    assert {"cff-version", "message", "title", "authors", "version"} <= set(citation)
    assert citation["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


def test_hooks_have_the_pinned_versions():
    pins = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    (local,) = load(".pre-commit-config.yaml")["repos"]
    wanted = [each for hook in local["hooks"] for each in hook["additional_dependencies"]]
    assert len(wanted) == 4
    assert set(wanted) <= set(pins)


@pytest.mark.parametrize("name", ["fault", "question"])
def test_issue_templates(name):
    template = load(f".github/ISSUE_TEMPLATE/{name}.yml")
    assert {"name", "description", "body"} <= set(template)
    assert any(part.get("validations", {}).get("required") for part in template["body"])


def test_github_runs_the_checks():
    """All of them, by the same script as anybody else, with actions of a major version."""
    workflow = load(".github/workflows/ci.yml")
    assert workflow[True] == ["push", "pull_request"]  # `on`, which is a boolean in YAML 1.1
    (job,) = workflow["jobs"].values()
    assert job["runs-on"] == "ubuntu-latest"
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci/run", os.X_OK)
    actions = dict(step["uses"].split("@") for step in job["steps"] if "uses" in step)
    assert set(actions) == {"actions/checkout", "actions/setup-python"}
    assert all(re.fullmatch(r"v\d+", version) for version in actions.values())
    (python,) = [step["with"] for step in job["steps"] if "with" in step]
    assert python == {"python-version": "3.11"}


def test_contributors_find_the_code_of_conduct():
    text = (ROOT / "CODE_OF_CONDUCT.md").read_text(encoding="utf-8")
    assert "https://www.contributor-covenant.org/version/2/1/code_of_conduct/" in text
    assert "](CODE_OF_CONDUCT.md)" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_one_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d\S*)\] - (\S+)$", changelog, re.M)[0]
    citation = load("CITATION.cff")
    assert released == (citation["version"], str(citation["date-released"]))
    assert released[0] == aptarank.__version__


def test_the_config_comments_every_key():
    """Of the schema, at the top and one below."""
    said = (ROOT / "config.yaml").read_text(encoding="utf-8")
    for key, entry in load("config.schema.yaml")["properties"].items():
        assert re.search(rf"^(# )?{key}:", said, re.M), key
        for inner in entry.get("properties", {}):
            assert re.search(rf"\b{inner}:", said), f"{key}.{inner}"


def test_each_line_of_the_config_says_what_it_is():
    """By a comment behind it, or above it; a block's own keys do."""
    lines = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()
    key = re.compile(r"(# )? *[a-z_]+:( |$)")
    for above, line in zip(["", *lines], lines, strict=False):
        if key.match(line) and "#" not in line.removeprefix("#") and not line.endswith(":"):
            assert above.startswith("#"), line
            assert not key.match(above), line


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_has_an_example_that_is_understood(program, name):
    """`--help` shows a command that could be given: click knows each option, and misses none."""
    assert "Example:" in program(name, "--help").output
    main = importlib.import_module(name).main
    example = " ".join(main.help.split("Example: ")[1].split("\n\n")[0].split())
    python, path, *arguments = shlex.split(example)
    assert (python, path) == ("python", f"scripts/{name}.py")
    main.make_context(name, arguments)


def test_snakemake_lists_its_targets(snakemake):
    said = snakemake("help", "--cores", "1", "--quiet", "all").stdout
    assert said.strip() == (ROOT / "docs/targets.txt").read_text(encoding="utf-8").strip()


def test_every_rule_says_what_it_does():
    for path in [ROOT / "Snakefile", *(ROOT / "rules").rglob("*.smk")]:
        text = path.read_text(encoding="utf-8")
        for name, line in re.findall(r"^rule (\w+):\n +(.*)", text, re.M):
            assert re.fullmatch(r'"[A-Z].*\."', line), name
