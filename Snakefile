"""aptarank: learn which of two aptamers is fitter, rank any number of them, ship it as ONNX.

This file configures, validates, includes and names the targets; the rules are in rules/<stage>.smk.
"""

from snakemake.utils import min_version

min_version("9.12")


# Next to this file, also if another workflow uses it as a module.
configfile: f"{workflow.current_basedir}/config.yaml"


report: "report/workflow.rst"


include: "rules/helpers/common.smk"
include: "rules/helpers/trainings.smk"
include: "rules/helpers/variants.smk"
include: "rules/helpers/uses.smk"
include: "rules/helpers/report_titles.smk"
include: "rules/helpers/targets.smk"


config = resolve_config(config)
be_calm()
# Settings of models by name: those that a sweep adds, and all of them.
SWEPT = swept_models(config)
MODELS = config["models"] | SWEPT


pathvars:
    run=f"results/{config['run']}",
    data="<run>/{dataset}",
    # What depends on the split: one folder per fold of a cross-validation.
    fold="<data>/fold-{fold}" if config["split"]["folds"] else "<data>",
    model="<fold>/{model}/seed-{seed}",


localrules:
    all,
    help,
    manifest,
    archive,
    publish,


include: "rules/ingest.smk"
include: "rules/split.smk"
include: "rules/pair.smk"
include: "rules/audit.smk"
include: "rules/tokenizer.smk"
include: "rules/pretrain.smk"
include: "rules/finetune.smk"
include: "rules/predict.smk"
include: "rules/evaluate.smk"
include: "rules/baselines.smk"
include: "rules/blend.smk"
include: "rules/expect.smk"
include: "rules/export.smk"
include: "rules/variant.smk"
include: "rules/measure.smk"
include: "rules/recommend.smk"
include: "rules/compare.smk"
include: "rules/learning_curve.smk"
include: "rules/sweep.smk"
include: "rules/rank.smk"
include: "rules/screen.smk"
include: "rules/design.smk"
include: "rules/next.smk"
include: "rules/explain.smk"
include: "rules/report.smk"
include: "rules/publish.smk"
include: "rules/manifest.smk"
include: "rules/archive.smk"
include: "rules/help.smk"


# After the rules: before them, it would not reach the outputs that pathvars name.
wildcard_constraints:
    dataset=any_of(config["datasets"]),
    model=any_of([*MODELS, BLEND]),
    seed=any_of(map(str, config["seeds"])),
    share="[0-9.e-]+",
    fold="[0-9]+",
    chunk="[0-9]+",
    variant="[a-z0-9-]+(@[0-9]+)?",


rule all:
    "Make all results of the run."
    default_target: True
    input:
        results(),
        records(),


onstart:
    if workflow.is_main_process:
        require_run_lock()


onsuccess:
    if "help" not in sys.argv:
        print_findings()
