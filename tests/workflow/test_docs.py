"""The pages of docs/ are true: formats, environments, targets and links."""

import json
import re
import subprocess
import sys

import pytest
import yaml

from aptarank.config.resolution import resolve
from aptarank.reading.formats import FORMAT_NAMES
from environments import environments
from snakemake_runs import ROOT

PAGE = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize(("kind", "text"), [block for block in BLOCKS if block[0] != "yaml"])
def test_examples_are_recognised(program, tmp_path, kind, text):
    (tmp_path / "example.txt").write_text(text, encoding="utf-8")
    better = ["--better", "higher"] if kind == "fasta" else []
    program("ingest", "example.txt", *better)
    account = json.loads((tmp_path / "ingestion.json").read_text())
    assert account["files"][0]["format"] == kind
    assert account["rejected"] == 0


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "yaml"])
def test_configs_are_valid(text):
    resolve(yaml.safe_load(text))


def test_every_format_is_there():
    rows = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w+)`", rows)) >= set(FORMAT_NAMES) - {"auto"}
    shown = {kind for kind, _ in BLOCKS}
    assert shown >= set(FORMAT_NAMES) - {"auto", "tsv", "parquet", "excel", "kd"}


def test_modules_of_the_method_exist():
    page = (ROOT / "docs/method.md").read_text(encoding="utf-8")
    modules = {path.stem for path in (ROOT / "scripts/aptarank").rglob("*.py")}
    for names in re.findall(r"\(((?:`\w+`(?:,\s+)?)+)\)", page):
        assert set(re.findall(r"\w+", names)) <= modules, names


def test_environments_are_those_of_the_rules():
    page = (ROOT / "docs/environments.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\(\.\./envs/\w+\.yaml\) \| (.*) \|$", page, re.M)
    assert {
        rule: env for env, rules in rows for rule in re.findall(r"\w+", rules)
    } == environments()


def test_targets_exist():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    for page in (ROOT / "docs").glob("*.md"):
        for target in re.findall(r"^make ([a-z-]+)", page.read_text(encoding="utf-8"), re.M):
            assert target in targets


def test_links_lead_somewhere():
    for page in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not link.startswith("http") and link != "configuration.md":  # made by hooks.py
                assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The documentation as HTML; a warning fails."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "-d", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_key_of_the_config_is_explained(site):
    page = (site / "configuration.html").read_text(encoding="utf-8")
    schema = yaml.safe_load((ROOT / "config.schema.yaml").read_text(encoding="utf-8"))
    dataset = schema["$defs"]["dataset"]["properties"]
    keys = [*schema["properties"], *dataset]
    keys += [key for part in schema["properties"].values() for key in part.get("properties", ())]
    for key in keys:
        assert f"<code>{key}</code>" in page or f'id="{key}' in page, key


def test_the_map_has_every_rule(site):
    page = (site / "architecture.html").read_text(encoding="utf-8")
    rules = set(environments()) - {"finetune_share", "predict_share"}
    for rule in rules:
        assert f"<td><code>{rule}</code></td>" in page, rule


def test_the_drawing_has_every_rule_of_a_run():
    """`make rulegraph` draws it."""
    command = [sys.executable, "-m", "snakemake", "--rulegraph"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rules = set(re.findall(r'\[label = "(\w+)"', done.stdout))
    assert {"ingest", "all"} <= rules
    drawing = (ROOT / "docs/rulegraph.svg").read_text(encoding="utf-8")
    assert set(re.findall(r"<text[^>]*>(\w+)</text>", drawing)) == rules
    assert "](rulegraph.svg)" in (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def test_the_site_asks_no_network(site):
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', text)
        assert not [each for each in loaded if each.startswith(("http", "//"))], page.name
