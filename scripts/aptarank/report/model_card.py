"""The model card of a trained model: README.md of its repository, made of what the run measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from aptarank.config.model_kinds import KINDS
from aptarank.config.resolution import as_text
from aptarank.evaluation.metric_registry import METRICS
from aptarank.report.card_code import how_to_load
from aptarank.report.licenses import license_fields

KEPT_TOGETHER = {
    "aptamer": "each sequence is in one part, but near copies of it may be in another",
    "prefix": "aptamers of the same first {k} bases are in one part",
    "cluster": "families of like sequences (identity {identity:g}, single linkage) are in one part",
    "length": "aptamers of one length are in one part",
    "group": "aptamers of one group are in one part",
    "column": "aptamers of one value of the column `{column}` are in one part",
    "pair": "pairs are divided, so that **every test aptamer is in training too**",
}
TAGS = ["aptamers", "biology", "chemistry", "learning-to-rank", "onnx"]
LIBRARIES = ("python", "torch", "transformers", "tokenizers", "safetensors", "onnxruntime")
PATHS = ("checkpoint", "unlabelled")  # settings that may name a file of the user's
REFERENCES = {
    "rank": "- RankNet: Burges et al. 2005, doi:10.1145/1102351.1102363",
    "albert": "- ALBERT: Lan et al. 2020, arXiv:1909.11942",
    "temperature": "- Temperature scaling: Guo et al. 2017, arXiv:1706.04599",
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
    """The card: metadata as YAML, then the sections."""
    named = f"`{facts.metrics['model']}`, trained on `{facts.metrics['dataset']}`"
    sections = {
        f"Which aptamer is fitter: {named}": what_it_is(facts),
        "What goes in, what comes out": in_and_out(facts),
        "How to load it": how_to_load(
            facts.config, facts.tokenizer, typical_length(facts), facts.repository
        ),
        "Training data": training_data(facts),
        "Split, and what training and test share": split_and_audit(facts),
        "Measured on test aptamers": measured(facts),
        "Intended use": intended_use(facts),
        "Limits": limits(facts),
        "Files": files(facts),
        "Training": training(facts),
        "Versions": versions(facts),
        "Citation": citation(facts),
    }
    (title, first), *others = sections.items()
    text = [f"# {title}", first]
    for heading, section in others:
        text += [f"## {heading}", section]
    yaml = metadata(facts).to_yaml()
    return str(ModelCard(f"---\n{yaml}\n---\n\n" + "\n\n".join(text) + "\n"))


def metadata(facts: Facts) -> ModelCardData:
    """What the Hub reads of a card."""
    found = facts.metrics
    results = [
        EvalResult(
            task_type="text-classification",
            task_name="Which of two aptamers is fitter",
            dataset_type=found["dataset"],
            dataset_name=found["dataset"],
            dataset_split="test",
            metric_type=metric.hub[0],
            metric_name=metric.hub[1],
            metric_value=round(found[metric.key], 4),
        )
        for metric in METRICS.values()
        if metric.hub and found.get(metric.key) is not None
    ]
    return ModelCardData(
        **license_fields(facts.license),
        base_model=named_checkpoint(facts.settings),
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=[*TAGS, *(["openvino"] if any("openvino" in name for name in facts.files) else [])],
        metrics=[result.metric_type for result in results],
        model_name=f"{found['dataset']}-{found['model']}-seed-{found['seed']}",
        eval_results=results,
    )


def named_checkpoint(settings: Mapping) -> str | None:
    """The checkpoint, where that is a model of the Hub and no folder."""
    checkpoint = settings.get("checkpoint")
    return checkpoint if checkpoint and not Path(checkpoint).is_dir() else None


def what_it_is(facts: Facts) -> str:
    found, kind = facts.metrics, facts.config["aptarank"]["kind"]
    (architecture,) = facts.config["architectures"]
    source = "trained from scratch"
    if facts.settings.get("init_from"):
        source = f"started from the model `{facts.settings['init_from']}` of the same run"
    elif facts.settings.get("checkpoint"):
        source = f"started from `{shown(facts.settings)['checkpoint']}`"
    if facts.settings.get("pretrain"):
        source += ", pretrained on sequences without scores"
    fold = f", fold {found['fold']} of {facts.split.get('folds')}" if "fold" in found else ""
    seen = audited(facts, "shared_with_train")
    unseen = "that were in training too" if seen else "that it never saw"
    return (
        f"{KINDS[kind].description} `{architecture}` with {found['parameters']:,} parameters, "
        f"{source}, seed {found['seed']}{fold}. On test aptamers {unseen}, it puts "
        f"{found['accuracy']:.3f} of {found['n_pairs']:,} pairs in the right order"
        f"{interval(found, 'accuracy', ' (95 % interval {:.3f} to {:.3f})')}; chance gives 0.5.\n\n"
        "This card was written by aptarank from the results of the run."
    )


def interval(found: Mapping, key: str, form: str = "{:.3f} to {:.3f}", without: str = "") -> str:
    """A confidence interval in words; `without` where there is none."""
    bounds = found["ci"].get(key)
    return form.format(*bounds) if bounds else without


def typical_length(facts: Facts) -> int:
    """Bases of a training aptamer, the median."""
    return int(facts.aptamers["sequence"].str.len().median())


def in_and_out(facts: Facts) -> str:
    about, limit = facts.config["aptarank"], facts.tokenizer.get("model_max_length")
    takes = f"at most {limit} tokens, `[CLS]` and `[SEP]` included; nothing may be cut off"
    scaled = (
        "The logit is calibrated: it was divided by a temperature of "
        f"{about.get('temperature', 1):.3g} (found on validation pairs), which is built into the "
        "weights."
    )
    if KINDS[about["kind"]].scores_aptamers:
        return (
            f"In: one sequence of A, C, G and T (RNA: U is written as T), {takes}.\n\n"
            "Out: one logit, the score f(a). Higher is fitter. It has no unit: only differences "
            "mean something,\n\n"
            "    P(a is fitter than b) = sigmoid(f(a) − f(b))\n\n" + scaled
        )
    return (
        f"In: two sequences of A, C, G and T (RNA: U is written as T) as a pair of texts, {takes}."
        "\n\nOut: one logit l(a, b), the log-odds that the first is fitter. The order in which the "
        "two are given can matter a little, so both are read and averaged,\n\n"
        "    P(a is fitter than b) = sigmoid((l(a, b) − l(b, a)) / 2)\n\n" + scaled
    )


def training_data(facts: Facts) -> str:
    rows, told = facts.aptamers, facts.ingestion
    lengths = rows["sequence"].str.len()
    formats = ", ".join(sorted({file["format"] for file in told["files"]}))
    kinds = rows.drop_duplicates("sequence")["chemistry"].value_counts().sort_index()
    chemistry = ", ".join(f"{count:,} {name or 'neither T nor U'}" for name, count in kinds.items())
    about = {
        "dataset": f"`{facts.metrics['dataset']}` ({formats})",
        "rows read": f"{told['rows']:,}, of which {told['rejected']:,} rejected and "
        f"{told['merged']:,} merged as duplicates",
        "aptamers in training": f"{rows['sequence'].nunique():,}",
        "length in training": f"{lengths.min()} to {lengths.max()} bases",
        "chemistry": chemistry,
        "groups": f"{rows['group'].nunique():,}; only aptamers of one group are compared",
    }
    if "better" in told:
        scale = "a dissociation constant, as −log10" if told["scale"] == "Kd" else "a number"
        low, high = rows["score"].min(), rows["score"].max()
        about["score"] = f"{scale}; {told['better']} is better; {low:.4g} to {high:.4g} in training"
        about["bounds"] = f"{told['bounds']:,} scores are bounds or ranges, not values"
    else:
        about["score"] = "none: the input was a table of labelled pairs"
    return table(["", ""], about.items())


def audited(
    facts: Facts, quantity: str, at: float | None = None, part: str = "test"
) -> float | None:
    """A figure of audit.csv, or None where it is not there."""
    found = facts.audit[(facts.audit["quantity"] == quantity) & (facts.audit["part"] == part)]
    found = found[found["at"].isna() if at is None else found["at"] == at]["value"]
    return None if found.empty else float(found.iloc[0])


def split_and_audit(facts: Facts) -> str:
    how = KEPT_TOGETHER.get(facts.split.get("by"), "not known").format(**facts.split)
    if facts.split.get("file"):
        how = "as given in a table by who trained the model"
    counts = [audited(facts, "aptamers", part=part) for part in ("train", "validation", "test")]
    told = {"test aptamers that are in training": ("shared_with_train", None, "{:,.0f}")}
    told |= {
        f"share of them whose first {size} bases occur in training": (
            "prefix_in_train",
            size,
            "{:.2f}",
        )
        for size in (2, 4, 6)
    }
    told |= {
        "edits from each to the nearest in training, median": ("nearest_edits", 0.5, "{:g}"),
        "share of them within 2 edits of one in training": ("within_edits", 2, "{:.2f}"),
        "share of test pairs right by the longest shared prefix alone": (
            "shared_prefix_accuracy",
            None,
            "{:.3f}",
        ),
    }
    found = {what: (audited(facts, *key), form) for what, (*key, form) in told.items()}
    rows = [
        (what, form.format(value)) for what, (value, form) in found.items() if value is not None
    ]
    if None not in counts:
        parts = ", ".join(f"{count:,.0f}" for count in counts)
        rows.insert(0, ("aptamers in train, validation, test", parts))
    return f"Split: {how}.\n\n{table(['', ''], rows)}"


def measured(facts: Facts) -> str:
    found = facts.metrics
    rows = [
        (metric.description, f"{found[key]:.3f}", interval(found, key, without="–"))
        for key, metric in METRICS.items()
        if metric.on_card and found.get(key) is not None
    ]
    columns = [key for key in ("accuracy", "roc_auc", "kendall_tau") if key in facts.baselines]
    others = [
        (row["model"], *("–" if pd.isna(row[key]) else f"{row[key]:.3f}" for key in columns))
        for row in facts.baselines.to_dict("records")
    ]
    ours = [f"{found[key]:.3f}" if found.get(key) is not None else "–" for key in columns]
    return (
        f"{found['n_aptamers']:,} aptamers, {found['n_pairs']:,} pairs. Intervals are of 95 %, by "
        "a bootstrap over the test aptamers; they do not contain what another seed or split would "
        "change.\n\n"
        + table(["measure", "value", "95 % interval"], rows)
        + "\n\nBeside cheap baselines on the same split:\n\n"
        + table(["", *columns], [("**this model**", *ours), *others])
    )


def intended_use(facts: Facts) -> str:
    lengths = facts.aptamers["sequence"].str.len()
    return (
        f"To put candidate aptamers of {lengths.min()} to {lengths.max()} bases, of the kind that "
        "it was trained on and for the same target, in an order in which to test them. It is a "
        "tool of research: what it names must be measured. It is not meant for clinical or "
        "diagnostic decisions."
    )


def limits(facts: Facts) -> str:
    lengths = facts.aptamers["sequence"].str.len()
    told = [
        "A model knows what its scores know. Scores of a program are not affinities, and SELEX "
        "counts are not either.",
        f"Outside of {lengths.min()} to {lengths.max()} bases, or on sequences unlike those of its "
        "training, nothing about it has been measured.",
        "The figures above hold for aptamers as far from training as the test aptamers are: near "
        "copies in training and test flatter any model, and a model that is no better than the "
        "`shared_prefix` baseline has learnt little more than a prefix.",
        "Of millions of candidates, the best by score are those on which it errs most in their "
        "favour.",
    ]
    if not KINDS[facts.config["aptarank"]["kind"]].scores_aptamers:
        cycles = facts.metrics["consistency"]["cycles"]["after"]
        told.append(
            "It may contradict itself and rank in circles"
            + (f": {cycles:.4f} of the triples of test aptamers do." if cycles is not None else ".")
        )
    if facts.aptamers["group"].nunique() > 1:
        told.append("Scores of aptamers of different groups cannot be compared.")
    return "\n".join(f"- {line}" for line in told)


def files(facts: Facts) -> str:
    about = {
        "config.json": "architecture; `aptarank` says kind and temperature",
        "model.safetensors": "the weights",
        "onnx/model.onnx": "the same model for ONNX Runtime, checked against PyTorch on all test "
        "pairs",
    }
    for name, variant in facts.variants.items():
        runs = "OpenVINO" if name.startswith("openvino") else "ONNX Runtime"
        change = 100 * variant["test"]["accuracy_change"]
        about[name] = (
            f"{variant['variant']}, for {runs}; accuracy on test pairs {change:+.2f} points; "
            f"{variant['size']:.2f} of the weights' size"
        )
    rows = [(f"`{name}`", about.get(name, "")) for name in facts.files if name != "README.md"]
    told = table(["file", ""], rows)
    if any(name.startswith("openvino/") for name in facts.files):
        told += '\n\nOpenVINO reads its files by `openvino.Core().compile_model(file, "CPU")`.'
    return told


def training(facts: Facts) -> str:
    if not facts.settings:
        return "The settings are not known."
    rows = [(f"`{key}`", f"`{as_text(value)}`") for key, value in shown(facts.settings).items()]
    return table(["setting", "value"], rows)


def shown(settings: Mapping) -> dict:
    """Settings without the folders of who trained the model: names of files alone."""
    told = dict(settings)
    for key in PATHS:
        path = told.get(key)
        if path and (key == "unlabelled" or path != named_checkpoint(settings)):
            told[key] = Path(path).name
    return told


def versions(facts: Facts) -> str:
    known = [(name, facts.versions[name]) for name in LIBRARIES if facts.versions.get(name)]
    return "Made with " + ", ".join(f"{name} {version}" for name, version in known) + "."


def citation(facts: Facts) -> str:
    about = facts.config["aptarank"]
    keys = ["rank"] if KINDS[about["kind"]].scores_aptamers else []
    keys += ["albert"] if facts.config["model_type"] == "albert" else []
    keys += ["temperature"] if "temperature" in about else []
    lines = "\n".join(REFERENCES[key] for key in keys)
    return f"Please cite the source of the scores, aptarank, and the methods:\n\n{lines}"


def table(header: Sequence[str], rows) -> str:
    """A table of Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
