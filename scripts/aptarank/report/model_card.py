"""The model card of a trained model: README.md of its repository, from what the run measured.

The text is in model_card.md.j2 and usage.py.j2; this module gathers what they show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from aptarank.config.model_kinds import KINDS
from aptarank.config.resolution import as_text
from aptarank.config.schema import default
from aptarank.core.markdown import markdown_table
from aptarank.evaluation.metric_registry import METRICS
from aptarank.ingestion.standard_errors import noise_in_words
from aptarank.models.model_files import PREDICTOR
from aptarank.report.licenses import license_fields
from aptarank.training.losses import LOSSES

KEPT_TOGETHER = {
    "aptamer": "each sequence is in one part, but near copies of it may be in another",
    "prefix": "aptamers of the same first {k} bases are in one part",
    "cluster": "families of like sequences (identity {identity:g}, single linkage) are in one part",
    "length": "aptamers of one length are in one part",
    "group": "aptamers of one group are in one part",
    "column": "aptamers of one value of the column `{column}` are in one part",
    "distance": "aptamers with more than {distance} differences from a reference are the test",
    "position": "aptamers with mutations at some positions ({positions}) are the test",
    "pair": "pairs are divided, so that **every test aptamer is in training too**",
}
TAGS = ["aptamers", "biology", "chemistry", "learning-to-rank", "onnx"]
LIBRARIES = ("python", "torch", "transformers", "tokenizers", "safetensors", "onnxruntime")
PATHS = ("checkpoint", "unlabelled")  # settings that may name a file of the user's
# Of what a model is made of: an encoder's type, the form of another member, `shares` of a blend.
REFERENCES = {
    "albert": "ALBERT: Lan et al. 2020, arXiv:1909.11942",
    "linear": "Ridge regression: Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634",
    "rbf": "Gaussian processes: Rasmussen and Williams 2006, doi:10.7551/mitpress/3206.001.0001",
    "trees": "Extremely randomised trees: Geurts et al. 2006, doi:10.1007/s10994-006-6226-1",
    "shares": "Stacking: Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1; weights not below 0: "
    "Breiman 1996, doi:10.1007/BF00117832",
}
TEMPERATURE_SCALING = "Temperature scaling: Guo et al. 2017, arXiv:1706.04599"
CEILING = "ceiling: pairs that a perfect model would put in the order of these noisy labels"
FILES = {
    "config.json": "architecture; `aptarank` says kind and temperature",
    "model.safetensors": "the weights",
    "onnx/model.onnx": "the same model for ONNX Runtime, checked against PyTorch on test pairs",
}
# Figures of the audit of test against training: quantity and `at` of audit.csv, and format.
AUDIT = {
    "test aptamers that are in training": ("shared_with_train", None, "{:,.0f}"),
    "share of them whose first 2 bases occur in training": ("prefix_in_train", 2, "{:.2f}"),
    "share of them whose first 4 bases occur in training": ("prefix_in_train", 4, "{:.2f}"),
    "share of them whose first 6 bases occur in training": ("prefix_in_train", 6, "{:.2f}"),
    "edits from each to the nearest in training, median": ("nearest_edits", 0.5, "{:g}"),
    "share of them within 2 edits of one in training": ("within_edits", 2, "{:.2f}"),
    "share of test pairs right by the longest shared prefix alone": (
        "shared_prefix_accuracy",
        None,
        "{:.3f}",
    ),
}


@dataclass(frozen=True)
class Facts:
    """What a card is made of.

    Attributes:
        config, tokenizer: config.json and tokenizer_config.json of the model.
        metrics: metrics.json. baselines: baselines.csv. audit: audit.csv.
        ingestion: ingestion.json. aptamers: the rows of aptamers.csv that are in training.
        variants: variant.json of each variant, by its file in the repository.
        files: all files of the repository.
        settings, split: of the training and of the split, from the config.
        license: an SPDX identifier or None. repository: owner/name or None.
        versions: of Python and the packages.
    """

    config: Mapping
    tokenizer: Mapping
    metrics: Mapping
    baselines: pd.DataFrame
    ingestion: Mapping
    aptamers: pd.DataFrame
    audit: pd.DataFrame
    variants: Mapping[str, Mapping]
    files: Sequence[str]
    settings: Mapping
    split: Mapping
    license: str | None
    repository: str | None
    versions: Mapping[str, str | None]


def model_card(facts: Facts) -> str:
    """Return the card: metadata as YAML, then the sections."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["table"] = markdown_table
    text = environment.get_template("model_card.md.j2").render(values(facts))
    return str(ModelCard(text))  # which checks the metadata


def values(facts: Facts) -> dict[str, Any]:
    """Return what the templates show, by its name there."""
    about = facts.config["aptarank"]
    lengths = facts.aptamers["sequence"].str.len()
    typical = int(lengths.median())
    (architecture,) = facts.config["architectures"]
    shares = [(f"`{name}`", f"{share:.2f}") for name, share in about.get("shares", {}).items()]
    settings = without_folders(facts.settings)
    return {
        "metadata": metadata(facts).to_yaml(),
        "kind": KINDS[about["kind"]],
        "architecture": architecture,
        "shares": shares,
        "is_predictor": facts.config["model_type"] == PREDICTOR,
        "metrics": facts.metrics,
        "cycles": facts.metrics["consistency"]["cycles"]["after"],
        "test_is_in_training": bool(audited(facts, "shared_with_train")),
        "max_tokens": facts.tokenizer.get("model_max_length"),
        "needs_token_types": "token_type_ids" in facts.tokenizer.get("model_input_names", []),
        "temperature": about.get("temperature", 1),
        "repository": facts.repository,
        "first": ("GATTACA" * typical)[:typical],  # aptamers of the example, which are made up
        "second": ("TGCAC" * typical)[:typical],
        "shortest": lengths.min(),
        "longest": lengths.max(),
        "has_groups": facts.aptamers["group"].nunique() > 1,
        "data_rows": data_rows(facts),
        "split": facts.split,
        "split_rule": split_rule(facts.split),
        "split_rows": split_rows(facts),
        "metric_rows": metric_rows(facts.metrics),
        "baseline_columns": baseline_columns(facts),
        "baseline_rows": baseline_rows(facts),
        "file_rows": file_rows(facts),
        "has_openvino": has_openvino(facts),
        "settings": settings,
        "setting_rows": setting_rows(settings, about.get("resolved", {})),
        "versions": [
            (name, facts.versions[name]) for name in LIBRARIES if facts.versions.get(name)
        ],
        "references": references(facts),
    }


def metadata(facts: Facts) -> ModelCardData:
    """Return what the Hub reads of a card."""
    metrics = facts.metrics
    results = [
        EvalResult(
            task_type="text-classification",
            task_name="Which of two aptamers is fitter",
            dataset_type=metrics["dataset"],
            dataset_name=metrics["dataset"],
            dataset_split="test",
            metric_type=metric.hub[0],
            metric_name=metric.hub[1],
            metric_value=round(metrics[key], 4),
        )
        for key, metric in METRICS.items()
        if metric.hub and metrics.get(key) is not None
    ]
    license_ = license_fields(facts.license)
    return ModelCardData(
        license=license_["license"],
        license_name=license_.get("license_name"),
        base_model=named_checkpoint(facts.settings),
        library_name="onnx" if facts.config["model_type"] == PREDICTOR else "transformers",
        pipeline_tag="text-classification",
        tags=[*TAGS, *(["openvino"] if has_openvino(facts) else [])],
        metrics=[result.metric_type for result in results],
        model_name=f"{metrics['dataset']}-{metrics['model']}-seed-{metrics['seed']}",
        eval_results=results,
    )


def named_checkpoint(settings: Mapping) -> str | None:
    """Return the checkpoint if it is a model of the Hub, not a folder."""
    checkpoint = settings.get("checkpoint")
    return checkpoint if checkpoint and not Path(checkpoint).is_dir() else None


def has_openvino(facts: Facts) -> bool:
    """Whether the repository has files for OpenVINO."""
    return any(name.startswith("openvino/") for name in facts.files)


def data_rows(facts: Facts) -> list[tuple[str, str]]:
    """Describe the training data: what, and how much of it."""
    aptamers, ingestion = facts.aptamers, facts.ingestion
    lengths = aptamers["sequence"].str.len()
    formats = ", ".join(sorted({file["format"] for file in ingestion["files"]}))
    counts = aptamers.drop_duplicates("sequence")["chemistry"].value_counts().sort_index()
    chemistry = [f"{count:,} {name or 'neither T nor U'}" for name, count in counts.items()]
    rows = {
        "dataset": f"`{facts.metrics['dataset']}` ({formats})",
        "rows read": f"{ingestion['rows']:,}, of which {ingestion['rejected']:,} rejected and "
        f"{ingestion['merged']:,} merged as duplicates",
        "aptamers in training": f"{aptamers['sequence'].nunique():,}",
        "length in training": f"{lengths.min()} to {lengths.max()} bases",
        "chemistry": ", ".join(chemistry),
        "groups": f"{aptamers['group'].nunique():,}; only aptamers of one group are compared",
    }
    if "better" in ingestion:
        scale = "a dissociation constant, as −log10" if ingestion["scale"] == "Kd" else "a number"
        low, high = aptamers["score"].min(), aptamers["score"].max()
        better = f"{ingestion['better']} is better"
        rows["score"] = f"{scale}; {better}; {low:.4g} to {high:.4g} in training"
        rows["bounds"] = f"{ingestion['bounds']:,} scores are bounds or ranges, not values"
        noise = ingestion.get("noise")
        rows["errors"] = noise_in_words(noise) if noise else "not known"
    else:
        rows["score"] = "none: the input was a table of labelled pairs"
    return list(rows.items())


def split_rule(split: Mapping) -> str:
    """Say by which rule the aptamers were split."""
    if split.get("file"):
        return "as given in a table by who trained the model"
    return KEPT_TOGETHER.get(split.get("by", ""), "not known").format(**split)


def audited(
    facts: Facts, quantity: str, at: float | None = None, part: str = "test"
) -> float | None:
    """Return a figure of audit.csv, or None if it is not there."""
    rows = facts.audit[(facts.audit["quantity"] == quantity) & (facts.audit["part"] == part)]
    figures = rows[rows["at"].isna() if at is None else rows["at"] == at]["value"]
    return None if figures.empty else float(figures.iloc[0])


def split_rows(facts: Facts) -> list[tuple[str, str]]:
    """Describe the parts, and what training and test share."""
    rows = []
    counts = [audited(facts, "aptamers", part=part) for part in ("train", "validation", "test")]
    if None not in counts:
        sizes = ", ".join(f"{count:,.0f}" for count in counts)
        rows.append(("aptamers in train, validation, test", sizes))
    if reference := facts.metrics.get("reference"):
        origin = "the consensus" if reference["guessed"] else "as given"
        rows.append((f"reference of distances, {origin}", reference["sequence"]))
    for meaning, (quantity, at, form) in AUDIT.items():
        figure = audited(facts, quantity, at)
        if figure is not None:
            rows.append((meaning, form.format(figure)))
    return rows


def metric_rows(metrics: Mapping) -> list[tuple[str, str, str]]:
    """Return the meaning, value and confidence interval of each metric that the model has."""
    rows = []
    for key, metric in METRICS.items():
        if metric.on_card and metrics.get(key) is not None:
            bounds = metrics["ci"].get(key)
            interval = "{:.3f} to {:.3f}".format(*bounds) if bounds else "–"
            rows.append((metric.description, f"{metrics[key]:.3f}", interval))
    if metrics.get("ceiling"):
        rows.append((CEILING, f"{metrics['ceiling']['perfect_model']:.3f}", "–"))
    return rows


def baseline_columns(facts: Facts) -> list[str]:
    """Return the metrics by which the model is compared with the baselines."""
    return [key for key in ("accuracy", "roc_auc", "kendall_tau") if key in facts.baselines]


def baseline_rows(facts: Facts) -> list[list[str]]:
    """Return name and metrics of this model, then of each baseline."""
    models = [{**facts.metrics, "model": "**this model**"}, *facts.baselines.to_dict("records")]
    return [
        [model["model"], *(three_decimals(model.get(key)) for key in baseline_columns(facts))]
        for model in models
    ]


def three_decimals(value: float | None) -> str:
    """Return a metric with three decimals, or a dash if there is none."""
    return "–" if value is None or pd.isna(value) else f"{value:.3f}"


def file_rows(facts: Facts) -> list[tuple[str, str]]:
    """Describe the files of the repository."""
    about = dict(FILES)
    for name, variant in facts.variants.items():
        runtime = "OpenVINO" if name.startswith("openvino") else "ONNX Runtime"
        change = 100 * variant["test"]["accuracy_change"]
        about[name] = (
            f"{variant['variant']}, for {runtime}; accuracy on test pairs {change:+.2f} points; "
            f"{variant['size']:.2f} of the weights' size"
        )
    return [(f"`{name}`", about.get(name, "")) for name in facts.files if name != "README.md"]


def setting_rows(settings: Mapping, resolved: Mapping) -> list[tuple[str, str]]:
    """Return each setting with its value; of one that was left open, what was chosen.

    Args:
        resolved: what finetune.py chose by the training labels and the model's width, or nothing.
    """
    rows = []
    for key, value in settings.items():
        if value is None and key in resolved:
            by = "model's width" if key == "learning_rate" else "training labels"
            rows.append((f"`{key}`", f"`{as_text(resolved[key])}`, chosen by the {by}"))
        else:
            rows.append((f"`{key}`", f"`{as_text(value)}`"))
    return rows


def without_folders(settings: Mapping) -> dict[str, Any]:
    """Return settings in which the user's own files have only their names, without folders."""
    shown = dict(settings)
    for key in PATHS:
        path = shown.get(key)
        if path and (key == "unlabelled" or path != named_checkpoint(settings)):
            shown[key] = Path(path).name
    return shown


def references(facts: Facts) -> list[str]:
    """Return the sources of the methods that the model was made with."""
    about = facts.config["aptarank"]
    loss = facts.settings.get("loss", default(f"$defs.{about['kind']}.loss"))
    # A pair model's ranknet is the cross-entropy of its labels.
    plain = loss == "ranknet" and not KINDS[about["kind"]].scores_aptamers
    lines = [] if plain else [LOSSES[loss].reference]
    members = facts.config.get("members", [{"form": "encoder", "config": facts.config}])
    parts = {each["config"]["model_type"] if "config" in each else each["form"] for each in members}
    parts |= {"shares"} & set(about)
    lines += [reference for part, reference in REFERENCES.items() if part in parts]
    return lines + ([TEMPERATURE_SCALING] if "temperature" in about else [])
