"""The notebook runs from top to bottom, in a copy of the repository."""

import shutil

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from snakemake_runs import ROOT

NOTEBOOK = ROOT / "notebooks/tutorial.ipynb"
FOLDERS = ("rules", "scripts", "envs", "profiles", "report", "example", "notebooks", "docs")
PARTS = ("Snakefile", "config.yaml", "config.schema.yaml", "CITATION.cff", "requirements.txt")


def test_it_is_kept_without_results():
    for cell in nbformat.read(NOTEBOOK, 4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def shorten_training(notebook):
    """Let the model train for fewer steps."""
    (cell,) = [cell for cell in notebook.cells if '"rank": {}' in cell["source"]]
    cell["source"] = cell["source"].replace('"rank": {}', '"rank": {"steps": 60}')


@pytest.mark.slow
def test_it_runs(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # or its kernel leaves the programs' output to pytest
    for name in PARTS:
        shutil.copy(ROOT / name, tmp_path)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name)
    notebook = nbformat.read(tmp_path / "notebooks/tutorial.ipynb", 4)
    shorten_training(notebook)
    folder = {"metadata": {"path": str(tmp_path / "notebooks")}}
    NotebookClient(notebook, timeout=600, resources=folder).execute()
    said = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    assert "Recommended: blend" in said
    shown = [
        kind
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    ]
    assert shown.count("image/svg+xml") == 3
    assert "image/png" in shown
    ranking = pd.read_csv(tmp_path / "results/notebook/ranking.csv")
    assert ranking["rank"].tolist() == sorted(ranking["rank"])
    assert len(ranking) > 50
