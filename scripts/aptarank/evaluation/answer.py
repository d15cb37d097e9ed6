"""What a run found, in sentences: which model, how good, against what, does the split leak."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from aptarank.columns.read_as import read_as_in_words
from aptarank.config.names import BLEND, PREDICTORS, STACK
from aptarank.config.split_settings import NOT_FOLDED
from aptarank.core.restructured_text import literal
from aptarank.evaluation.sweep_summary import best_evaluation

NEAR = 2  # edits up to which two aptamers are near copies
PREFIX = 4  # bases of the prefix that is looked for in training
MANY = 0.1  # share of test aptamers with a near copy in training that is worth a warning


def validated(histories: Mapping[str, Sequence[pd.DataFrame]]) -> pd.Series:
    """Mean accuracy of each model on validation, over its trainings, best first.

    Args:
        histories: of each model, what finetune.py writes, one a training.
    """
    means = {
        model: np.mean([best_evaluation(history)["validation_accuracy"] for history in runs])
        for model, runs in histories.items()
    }
    return pd.Series(means).sort_values(ascending=False, kind="stable")


def percent(share: float) -> str:
    """A share in percent."""
    return f"{100 * share:.1f} %"


def interval(low: float, high: float, unit: str) -> str:
    """An interval in percent or points; empty where there is none."""
    if not np.isfinite([low, high]).all():
        return ""
    return f"95 % interval {100 * low:.1f} to {100 * high:.1f} {unit}"


def leaks(audit: pd.DataFrame) -> bool:
    """Whether test aptamers are in training, as where pairs were split."""
    shared = audit[(audit["quantity"] == "shared_with_train") & (audit["part"] == "test")]
    return bool((pd.to_numeric(shared["value"]) > 0).any())


def recommended(validation: pd.Series) -> str:
    """The model to use: the blend if there is one, else the best on validation.

    The blend is itself weighted by validation, and a choice among single models by a few aptamers
    is a lottery.

    Args:
        validation: what `validated` gives.
    """
    return BLEND if BLEND in validation else validation.index[0]


def which_model(
    validation: pd.Series, summary: pd.DataFrame, pairs: int, *, leaking: bool = False
) -> str:
    """The recommended model, and how good it is on test aptamers.

    Args:
        validation: what `validated` gives.
        summary: what `model_summary.summarise` gives.
        pairs: test pairs of one run.
        leaking: whether their aptamers were in training too.
    """
    name = recommended(validation)
    row = accuracy_of(summary).loc[name]
    runs = f" (mean of {row['n_runs']} trainings)" if row["n_runs"] > 1 else ""
    ends = interval(row["low"], row["high"], "%")
    seen = "that it has learnt from too" if leaking else "that it has never seen"
    text = (
        f"Of two aptamers {seen}, the model ``{name}`` names the fitter one in "
        f"{percent(row['mean'])} of {pairs:,} test pairs{runs}; "
        f"{ends + ', ' if ends else ''}guessing gives 50 %."
    )
    others = ", ".join(
        f"``{other}`` {percent(accuracy)}"
        for other, accuracy in validation.items()
        if other != name
    )
    if name == BLEND:
        text += (
            " It weighs the cheap predictors and the models by what they say of validation pairs, "
            f"of which it gets {percent(validation[name])} right{f' ({others})' if others else ''}."
        )
    elif others:
        text += (
            f" It was chosen by its accuracy on the validation aptamers, "
            f"{percent(validation[name])} ({others})."
        )
    return text


def in_figures(
    validation: pd.Series,
    summary: pd.DataFrame,
    kinds: Mapping[str, str],
    audits: Sequence[pd.DataFrame],
    split: str,
    ceiling: float = np.nan,
) -> dict[str, Any]:
    """What answer.json holds: the recommended model, and the best of all others on test.

    Args:
        validation: what `validated` gives.
        summary: what `model_summary.summarise` gives.
        kinds: of the models, by name.
        split: the rule of the split, as `split.by`.
        ceiling: the accuracy of a perfect model on the test pairs, NaN where not known.

    Returns:
        `predictor`, `kind`, `accuracy`, `low`, `high` (95 %), `spearman`, `best_single` and
        `best_single_accuracy` (which are known of the test alone), `ceiling`, `split`, `leaks`,
        `n_test`.
    """
    name = recommended(validation)
    accuracy = accuracy_of(summary)
    row = accuracy.loc[name]
    ranks = summary[summary["metric"] == "spearman"].set_index("model")["mean"]
    single = accuracy.drop(index=[BLEND, STACK], errors="ignore")["mean"]
    tested = pd.concat(audits)
    tested = tested[(tested["quantity"] == "aptamers") & (tested["part"] == "test")]
    figures = {
        "predictor": name,
        "kind": kinds[name],
        "accuracy": row["mean"],
        "low": row["low"],
        "high": row["high"],
        "spearman": ranks[name],
        "best_single": single.idxmax(),
        "best_single_accuracy": single.max(),
        "ceiling": ceiling,
        "split": split,
        "leaks": any(map(leaks, audits)),
        "n_test": int(pd.to_numeric(tested["value"]).sum()),
    }
    numbers = {key: float(value) for key, value in figures.items() if isinstance(value, float)}
    return figures | {key: value if np.isfinite(value) else None for key, value in numbers.items()}


def above_baselines(
    name: str, summary: pd.DataFrame, paired: pd.DataFrame, *, advice: str = ""
) -> str:
    """How far a model is above the best of the cheap baselines, on the same test pairs.

    Args:
        paired: what `model_summary.paired_differences` gives.
        advice: what to do where the test aptamers are too few.
    """
    table = accuracy_of(summary)
    cheap = table.loc[table["kind"] == "baseline", "mean"].sort_values(
        ascending=False, kind="stable"
    )
    if cheap.empty:
        return "There is no baseline to compare it with."
    best = cheap.index[0]
    rows = paired[(paired["model_a"] == name) & (paired["model_b"] == best)]
    difference = table.loc[name, "mean"] - cheap.iloc[0]
    low, high = rows[["low", "high"]].iloc[0] if len(rows) else (np.nan, np.nan)
    text = (
        f"That is {abs(100 * difference):.1f} points {'above' if difference >= 0 else 'below'} the "
        f"best of {len(cheap)} cheap baselines, ``{best}`` ({percent(cheap.iloc[0])})"
    )
    if not np.isfinite([low, high]).all():
        return f"{text}."
    text += f"; {interval(low, high, 'points')}: "
    if low > 0:
        return f"{text}more than the choice of test aptamers explains."
    if high < 0:
        where = f" (its model is ``predictors/{best}``)" if best in (*PREDICTORS, STACK) else ""
        return f"{text}use that baseline instead{where}."
    return f"{text}too few test aptamers to say which is better{advice}."


def more_tested(split: str, folds: int) -> str:
    """How more aptamers could be tested; empty where the split has folds or cannot have any.

    Args:
        split: the rule of the split, as `split.by`, or `file`.
        folds: how many there are, 1 for none.
    """
    if folds > 1 or split in (*NOT_FOLDED, "file"):
        return ""
    return "; ``split: {folds: 5}`` tests all aptamers, each once"


def below_ceiling(name: str, summary: pd.DataFrame, ceiling: float) -> list[str]:
    """How far a model is below what the noise of the measurements allows; no sentence if unknown.

    Args:
        ceiling: the accuracy of a perfect model on the test pairs, NaN where not known.
    """
    if not np.isfinite(ceiling):
        return []
    points = 100 * (ceiling - accuracy_of(summary).loc[name, "mean"])
    reached = f"is {points:.1f} points below that" if points > 0 else "reaches that"
    return [
        "By the errors of the measurements, a perfect model would agree with "
        f"{percent(ceiling)} of these labels; ``{name}`` {reached}."
    ]


def leakage(audits: Sequence[pd.DataFrame]) -> str:
    """Whether the split leaks, by what audit.py writes, one a fold; means over the folds."""
    audit = pd.concat(audits)
    audit = audit[audit["part"] == "test"]
    at = pd.to_numeric(audit["at"])

    def value(quantity: str, where: float | None = None) -> float:
        rows = (audit["quantity"] == quantity) & (at.isna() if where is None else at == where)
        return pd.to_numeric(audit.loc[rows, "value"]).mean()

    shared, tested = value("shared_with_train"), value("aptamers")
    if shared:
        return (
            f"**The split leaks**: {shared:,.0f} of {tested:,.0f} test aptamers are in training "
            "too, and so these figures say nothing of new aptamers. Split by anything but ``pair``."
        )
    near, nearest = value("within_edits", NEAR), value("nearest_edits", 0.5)
    copies = f"{percent(near)} have a near copy there, at most {NEAR} edits away"
    text = f"None of the {tested:,.0f} test aptamers is in training"
    if near >= MANY:
        text += f", but {copies}: **near copies flatter any model**. "
        # Of mutants of one sequence, clusters would be a single family.
        if (audit["quantity"] == "aptamers_at_distance").any():
            text += (
                "``split.by: distance`` and ``position`` show how it does on mutants of another "
                "kind, and ``by_distance`` in ``metrics.json`` how far it reaches."
            )
        else:
            text += "``split.by: cluster`` shows how it does on new families."
    else:
        text += f", and {copies} (median distance to the nearest: {nearest:g} edits)."
    prefix, known = value("prefix_in_train", PREFIX), value("shared_prefix_accuracy")
    if np.isfinite(prefix):
        text += f" {percent(prefix)} share their first {PREFIX} bases with one"
        if np.isfinite(known):
            text += f"; knowing prefixes alone names the fitter in {percent(known)} of the pairs"
        text += "."
    return text


def what_was_run(account: Mapping, audits: Sequence[pd.DataFrame], summary: pd.DataFrame) -> str:
    """Rows in, aptamers in each part, trainings.

    Args:
        account: what `ingest.account` gives.
    """
    files = ", ".join(literal(file["file"].rpartition("/")[2]) for file in account["files"][:3])
    more = f" and {len(account['files']) - 3} more files" if len(account["files"]) > 3 else ""
    first = audits[0]
    parts = first[first["quantity"] == "aptamers"].set_index("part")["value"]
    sizes = ", ".join(f"{count:,.0f} {part}" for part, count in parts.items())
    models = accuracy_of(summary)
    models = models[models["kind"] != "baseline"]
    trained = ", ".join(f"``{name}`` ({count})" for name, count in models["n_runs"].items())
    return (
        f"{account['rows']:,} rows of {files}{more}: {account['accepted']:,} accepted, "
        f"{account['merged']:,} merged as duplicates, {account['rejected']:,} rejected. Aptamers: "
        f"{sizes}{f' (the first of {len(audits)} folds)' if len(audits) > 1 else ''}. "
        f"Trainings: {trained}."
    )


def what_was_read(account: Mapping) -> str:
    """What was read as what, once where all files are read alike.

    Args:
        account: what `ingest.account` gives.
    """
    lines = dict.fromkeys(read_as_in_words(file["read_as"]) for file in account["files"])
    more = f" and {len(lines) - 3} other ways" if len(lines) > 3 else ""
    return f"Read as {', '.join(map(literal, list(lines)[:3]))}{more}."


def accuracy_of(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of `summarise` that are of the accuracy, by model."""
    return summary[summary["metric"] == "accuracy"].set_index("model")
