"""Ways to start the workflow: as a module of another, and as sites of SLURM have to."""

import re

import yaml

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
