"""The answer in three sentences: it follows from the tables, whatever they say."""

import numpy as np
import pandas as pd
import pytest

from aptarank.evaluation import answer
from aptarank.evaluation.metric_registry import METRICS
from aptarank.evaluation.model_summary import summarise, wide
from aptarank.ingestion.description import count_lengths, histogram, where_rows_went
from aptarank.report.html_table import page


def summary_of(**accuracies):
    kinds = {"rank": "rank", "pair": "pair"}
    rows = [
        (name, kinds.get(name, "baseline"), 2, "accuracy", value, 0.01, value - 0.02, value + 0.02)
        for name, value in accuracies.items()
    ]
    columns = ["model", "kind", "n_runs", "metric", "mean", "sd", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def history(accuracy):
    return pd.DataFrame(
        {"step": [1, 2], "validation_accuracy": [0.5, accuracy], "validation_loss": [0.7, 0.3]}
    )


def test_the_model_is_chosen_on_validation():
    """Also where another is better on the test."""
    validation = answer.validated(
        {"rank": [history(0.8), history(0.9)], "pair": [history(0.86), history(0.82)]}
    )
    assert validation.to_dict() == pytest.approx({"rank": 0.85, "pair": 0.84})
    said = answer.which_model(validation, summary_of(rank=0.7, pair=0.75), 1234)
    assert said.startswith("Of two aptamers that it has never seen")
    leaking = answer.which_model(validation, summary_of(rank=0.7, pair=0.75), 1234, leaking=True)
    assert leaking.startswith("Of two aptamers that it has learnt from too")
    assert "never seen" not in leaking
    assert answer.leaks(audit(shared=1))
    assert not answer.leaks(audit())
    assert "the model ``rank`` names the fitter one in 70.0 % of 1,234 test pairs" in said
    assert "mean of 2 trainings" in said
    assert "68.0 to 72.0 %" in said
    assert "85.0 % (``pair`` 84.0 %)" in said


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((0.01, 0.03), "2.0 points above the best of 2 cheap baselines, ``ridge`` (68.0 %)"),
        ((0.01, 0.03), "more than the choice of test aptamers explains"),
        ((-0.01, 0.05), "too few test aptamers to say which is better"),
        ((np.nan, np.nan), "``ridge`` (68.0 %)."),
    ],
)
def test_above_the_baselines(ends, said):
    paired = pd.DataFrame([("rank", "ridge", 0.02, *ends)])
    paired.columns = ["model_a", "model_b", "difference", "low", "high"]
    summary = summary_of(rank=0.7, ridge=0.68, length=0.5)
    found = answer.above_baselines("rank", summary, paired, advice="; ask more")
    assert said in found
    assert ("; ask more" in found) == ("too few" in found)


@pytest.mark.parametrize(
    ("split", "folds", "said"),
    [("aptamer", 1, True), ("cluster", 1, True), ("position", 1, True), ("aptamer", 5, False)]
    + [(split, 1, False) for split in ("distance", "pair", "file")],
)
def test_more_is_tested_only_where_there_can_be_folds(split, folds, said):
    assert ("split: {folds: 5}" in answer.more_tested(split, folds)) == said


def test_below_a_baseline():
    paired = pd.DataFrame([("rank", "ridge", -0.1, -0.12, -0.08)])
    paired.columns = ["model_a", "model_b", "difference", "low", "high"]
    found = answer.above_baselines("rank", summary_of(rank=0.6, ridge=0.7), paired)
    assert "10.0 points below" in found
    assert "use that baseline instead" in found


def test_the_blend_is_recommended():
    """Even if another was better on validation, where its few aptamers made the choice."""
    validation = answer.validated({"rank": [history(0.9)], "blend": [history(0.88)]})
    assert answer.recommended(validation) == "blend"
    summary = summary_of(rank=0.7, blend=0.72, ridge=0.74, stack=0.8)
    said = answer.which_model(validation, summary, 100)
    assert "the model ``blend`` names the fitter one in 72.0 %" in said
    assert "of which it gets 88.0 % right (``rank`` 90.0 %)" in said
    ranks = summary.assign(metric="spearman", mean=0.6)
    figures = answer.in_figures(
        validation,
        pd.concat([summary, ranks]),
        {"blend": "rank"},
        [audit(shared=1), audit()],
        "cluster",
        0.9,
    )
    assert figures == {
        "predictor": "blend",
        "kind": "rank",
        "accuracy": 0.72,
        "low": pytest.approx(0.7),
        "high": pytest.approx(0.74),
        "spearman": 0.6,
        "best_single": "ridge",  # the stack is a blend too
        "best_single_accuracy": 0.74,
        "ceiling": 0.9,
        "split": "cluster",
        "leaks": True,
        "n_test": 200,
    }


def test_the_ceiling_is_said_if_it_is_known():
    (said,) = answer.below_ceiling("rank", summary_of(rank=0.7), 0.92)
    assert "a perfect model would agree with 92.0 % of these labels" in said
    assert "``rank`` is 22.0 points below that." in said
    (said,) = answer.below_ceiling("rank", summary_of(rank=0.93), 0.92)
    assert "``rank`` reaches that." in said
    assert answer.below_ceiling("rank", summary_of(rank=0.7), float("nan")) == []


def audit(**values):
    rows = [
        ("aptamers", None, "train", 800),
        ("aptamers", None, "test", 100),
        ("shared_with_train", None, "test", values.get("shared", 0)),
        ("within_edits", 2, "test", values.get("near", 0.02)),
        ("nearest_edits", 0.5, "test", 4),
    ]
    if "prefix" in values:
        rows.append(("prefix_in_train", 4, "test", values["prefix"]))
        rows.append(("shared_prefix_accuracy", None, "test", 0.74))
    return pd.DataFrame(rows, columns=["quantity", "at", "part", "value"])


def test_leakage():
    said = answer.leakage([audit(prefix=0.9)])
    assert "None of the 100 test aptamers is in training, and 2.0 % have a near copy" in said
    assert "90.0 % share their first 4 bases with one; knowing prefixes alone" in said
    assert "74.0 %" in said
    said = answer.leakage([audit(near=0.1), audit(near=0.3)])
    assert "20.0 % have a near copy there" in said
    assert "**near copies flatter any model**" in said
    assert "share their first" not in said
    assert "``split.by: cluster`` shows" in said
    counts = pd.DataFrame([("aptamers_at_distance", 1, "test", 100)], columns=audit().columns)
    said = answer.leakage([pd.concat([audit(near=0.9), counts])])
    assert "``split.by: distance`` and ``position`` show" in said
    assert "cluster" not in said
    assert "**The split leaks**: 100 of 100" in answer.leakage([audit(shared=100)])


def test_where_rows_went():
    account = {"rows": 10, "accepted": 6, "merged": 1, "reasons": {"empty": 2, "no score": 1}}
    table = where_rows_went(account)
    assert table["rows"].sum() == 10
    assert table["share"].sum() == pytest.approx(1)
    assert table["what"].tolist()[2:] == ["rejected: empty", "rejected: no score"]


def test_lengths_and_scores():
    table = count_lengths(pd.DataFrame({"sequence": ["ACG", "ACG", "ACGTA"]}))
    assert table.to_dict("list") == {"length": [3, 4, 5], "aptamers": [1, 0, 1]}
    for values in (np.random.default_rng(1).normal(size=500), np.ones(3), np.array([0, 1e9, 1.0])):
        bins = histogram(values)
        assert bins["aptamers"].sum() == len(values)
        assert len(bins) <= 40
        assert np.allclose(bins["high"][:-1], bins["low"][1:])


def test_a_page_escapes_what_it_shows():
    table = pd.DataFrame({"<b>": ["<script>", None], "score": [0.123456, 12345.678]})
    text = page(table, "a & b")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "<td class=number>0.1235</td>" in text
    assert "<td class=number>12,346</td>" in text
    assert "a &amp; b" in text


def test_one_row_a_model():
    rows = [("a", "rank", 0.5), ("b", "pair", 0.7)]
    runs = pd.DataFrame(
        [
            {"model": model, "kind": kind} | dict.fromkeys(METRICS, each)
            for model, kind, each in rows
        ]
    )
    table = wide(summarise(runs, [[0.4, 0.6], None]))
    assert table["model"].tolist() == ["b", "a"]
    assert table.loc[1, ["accuracy_low", "accuracy_high"]].tolist() == [0.4, 0.6]
    assert table["brier"].tolist() == [0.7, 0.5]
