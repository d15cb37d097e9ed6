"""The card of a trained model: what it is, what it learnt from, how good it is, how to load it."""

from collections.abc import Mapping

import pandas as pd
from huggingface_hub import EvalResult, ModelCardData

from aptarank.answer import leaks

# Sequences that the code of a card reads.
FIRST = ["ACGTACGTACGT", "GGGTTTACCA"]
SECOND = ["TTGACCATTGCA", "ACCATTGGCA"]
METRICS = {
    "accuracy": "pair accuracy",
    "roc_auc": "ROC AUC",
    "kendall_tau": "Kendall's tau",
    "spearman": "Spearman's rho",
    "brier": "Brier score",
    "ece": "expected calibration error",
}
WHAT = {
    "rank": "It reads one aptamer and gives a score f; higher is fitter. The probability that a is "
    "fitter than b is 1 / (1 + exp(f(b) − f(a))).",
    "pair": "It reads two aptamers, `[CLS] a [SEP] b [SEP]`, and gives the log-odds l(a, b) that a "
    "is fitter. Both orders are averaged, (l(a, b) − l(b, a)) / 2, so that swapping the two gives "
    "1 − P.",
}
LOAD = """from transformers import AutoModelForSequenceClassification, AutoTokenizer

folder = "."  # this repository: its name on the hub, or a copy of it
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder)
first, second = {first}, {second}"""
LOAD_ONNX = """import onnxruntime
from transformers import AutoTokenizer

folder = "."
tokenizer = AutoTokenizer.from_pretrained(folder)
session = onnxruntime.InferenceSession(f"{{folder}}/onnx/model.onnx")
first, second = {first}, {second}"""
PYTORCH = {
    "rank": """
def score(sequences):
    return model(**tokenizer(sequences, padding=True, return_tensors="pt")).logits[:, 0]


print((score(first) - score(second)).sigmoid().tolist())  # that the first is fitter""",
    "pair": """
def log_odds(a, b):
    return model(**tokenizer(a, b, padding=True, return_tensors="pt")).logits[:, 0]


both = (log_odds(first, second) - log_odds(second, first)) / 2
print(both.sigmoid().tolist())  # that the first is fitter""",
}
ONNX = {
    "rank": """
def score(sequences):
    inputs = tokenizer(sequences, padding=True, return_tensors="np")
    return session.run(["logits"], dict(inputs))[0][:, 0]


log_odds = score(first) - score(second)
print((1 / (1 + 2.718281828 ** -log_odds)).tolist())  # that the first is fitter""",
    "pair": """
def log_odds(a, b):
    inputs = tokenizer(a, b, padding=True, return_tensors="np")
    return session.run(["logits"], dict(inputs))[0][:, 0]


both = (log_odds(first, second) - log_odds(second, first)) / 2
print((1 / (1 + 2.718281828 ** -both)).tolist())  # that the first is fitter""",
}
CARD = """---
{front}
---

# {dataset}: which of two aptamers is fitter

{what} Made by aptarank ({parameters:,} parameters, seed {seed}).

## How to use it

With transformers alone:

```python
{pytorch}
```

With ONNX Runtime ({onnx_files}):

```python
{onnx}
```

Sequences are of A, C, G, T; write U as T. The weights are safetensors, and nothing of this
repository is run as code.

## What it learnt from

{data}

## How good it is

On {n_aptamers:,} test aptamers, {n_pairs:,} pairs, {seen}; intervals are of a bootstrap over these
aptamers:

{metrics}

Cheap baselines on the same pairs:

{baselines}

What training and test share:

{audit}

## What it is for

Ordering candidates of the same kind as those that it learnt from, before they are measured. Not for
diagnosis, nor for any decision about a person.

## Limits

- It knows what its scores know. Scores of a program are not affinities, nor are SELEX counts.
- It has seen aptamers of {shortest} to {longest} bases{chemistry}; on others it guesses.
- Where near copies stand in training and test, the figures above flatter it.
- It was not tried on another target than that of its scores.

## Settings

```json
{settings}
```
"""


def card(
    dataset: str,
    license: str | None,
    metrics: Mapping,
    baselines: pd.DataFrame,
    account: Mapping,
    aptamers: pd.DataFrame,
    audit: pd.DataFrame,
    settings: str,
    onnx_files: list[str],
) -> str:
    """The text of README.md in a model's repository.

    Args:
        license: an identifier of SPDX; None for a card that says that none is given.
        metrics: metrics.json.
        baselines: baselines.csv.
        account: ingestion.json.
        aptamers: as `tables.read_aptamers` gives them.
        audit: audit.csv.
        settings: of the training, as text.
        onnx_files: their names in the repository.
    """
    kind = metrics["kind"]
    lists = {"first": FIRST, "second": SECOND}
    length = aptamers["sequence"].str.len()
    known = sorted(set(aptamers["chemistry"].dropna()) - {""})
    return CARD.format(
        front=front_matter(dataset, license, metrics),
        dataset=dataset,
        what=WHAT[kind],
        parameters=metrics["parameters"],
        seed=metrics["seed"],
        pytorch=LOAD.format(**lists) + "\n" + PYTORCH[kind],
        onnx=LOAD_ONNX.format(**lists) + "\n" + ONNX[kind],
        onnx_files=", ".join(f"`{name}`" for name in onnx_files),
        data=about_data(account, aptamers),
        seen="**all in training too**" if leaks(audit) else "that it has not seen",
        n_aptamers=metrics["n_aptamers"],
        n_pairs=metrics["n_pairs"],
        metrics=metrics_table(metrics),
        baselines=table(
            ["baseline", "pair accuracy"],
            [(name, f"{value:.3f}") for name, value in best_first(baselines)],
        ),
        audit=audit_table(audit),
        shortest=length.min(),
        longest=length.max(),
        chemistry=f", {' and '.join(known)}" if known else "",
        settings=settings,
    )


def front_matter(dataset: str, license: str | None, metrics: Mapping) -> str:
    """What the hub reads: YAML between the two lines of dashes."""
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type=dataset,
            dataset_name=dataset,
            dataset_split="test",
            metric_type=key,
            metric_name=name,
            metric_value=metrics[key],
        )
        for key, name in METRICS.items()
        if metrics.get(key) is not None
    ]
    data = ModelCardData(
        license=license or "unknown",
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["aptamer", "biology", "ranking", "onnx"],
        model_name=f"{dataset} {metrics['model']}",
        eval_results=results,
    )
    return data.to_yaml()


def about_data(account: Mapping, aptamers: pd.DataFrame) -> str:
    """Where the data came from, in a sentence or two."""
    formats = sorted({file["format"] for file in account["files"]})
    text = (
        f"{account['rows']:,} rows ({', '.join(formats)}), of which {account['accepted']:,} were "
        f"accepted, {account['merged']:,} merged as duplicates and {account['rejected']:,} "
        f"rejected. {aptamers['sequence'].nunique():,} distinct aptamers"
    )
    groups = aptamers["group"].nunique()
    if groups > 1:
        text += f" in {groups:,} groups, within which alone they were compared"
    if better := account.get("better"):
        text += f"; {better} scores are fitter"
    return f"{text}."


def metrics_table(metrics: Mapping) -> str:
    """The metrics with their intervals."""
    rows = []
    for key, name in METRICS.items():
        if (value := metrics.get(key)) is not None:
            ends = metrics["ci"].get(key)
            rows.append((name, f"{value:.3f}", f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""))
    return table(["metric", "value", "95 % interval"], rows)


def audit_table(audit: pd.DataFrame) -> str:
    """What the audit says of the test part."""
    shown = {
        ("aptamers", ""): "test aptamers",
        ("shared_with_train", ""): "of them in training too",
        ("prefix_in_train", "4"): "share whose first 4 bases a training aptamer has",
        ("within_edits", "2"): "share with a training aptamer at most 2 edits away",
        ("nearest_edits", "0.5"): "edits to the nearest training aptamer, median",
    }
    test = audit[audit["part"] == "test"]
    values = {
        (row["quantity"], "" if pd.isna(row["at"]) else f"{float(row['at']):g}"): row["value"]
        for row in test.to_dict("records")
    }
    rows = [(name, f"{float(values[key]):g}") for key, name in shown.items() if key in values]
    return table(["", "value"], rows)


def best_first(baselines: pd.DataFrame) -> list[tuple[str, float]]:
    """Name and accuracy of each baseline."""
    ordered = baselines.sort_values("accuracy", ascending=False, kind="stable")
    return list(ordered[["model", "accuracy"]].itertuples(index=False, name=None))


def table(head: list[str], rows: list[tuple]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
