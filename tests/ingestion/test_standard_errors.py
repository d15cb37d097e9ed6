"""Replicates, errors and reads: from columns to the standard error of each aptamer's fitness."""

import math

import numpy as np
import pandas as pd
import pytest

from aptarank.columns.rows import make_options
from aptarank.core.errors import InputError
from aptarank.core.tables import read_aptamers
from aptarank.ingestion.ingest import ingest_files
from aptarank.ingestion.standard_errors import moderated_variance
from made_aptamers import random_sequences

REPLICATES = ["Rep1", "Rep2", "Rep3"]


@pytest.fixture
def ingest(tmp_path):
    """Ingest a table; returns the aptamers by sequence, the rejected rows, and the summary."""

    def run(table, **given):
        path = tmp_path / "scores.csv"
        if isinstance(table, str):
            path.write_text(table, encoding="utf-8")
        else:
            table.to_csv(path, index=False)
        ingested = ingest_files([str(path)], make_options(**{"better": "higher"} | given))
        return ingested.aptamers.set_index("sequence"), ingested.rejected, ingested.summary

    return run


def measured(count=400, noise=0.5, seed=1):
    """A table of replicates with equal noise."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 2, count)
    table = pd.DataFrame({"sequence": random_sequences(count, rng)})
    for name in REPLICATES:
        table[name] = truth + rng.normal(0, noise, count)
    return table


def test_replicates_give_their_mean_and_its_error(ingest):
    table = measured()
    aptamers, rejected, summary = ingest(table, replicates=REPLICATES)
    values = table.set_index("sequence")[REPLICATES]
    assert rejected.empty
    aptamers = aptamers.loc[values.index]
    assert aptamers["fitness"].to_numpy() == pytest.approx(values.mean(axis=1).to_numpy())
    assert aptamers["spread"].to_numpy() == pytest.approx(values.std(axis=1).to_numpy())
    assert set(aptamers["count"]) == {3}
    assert aptamers["error"].median() == pytest.approx(0.5 / math.sqrt(3), rel=0.2)
    stored = [list(map(float, text.split("|"))) for text in aptamers["replicates"]]
    assert np.array(stored) == pytest.approx(values.to_numpy())
    assert summary["noise"]["source"] == "3 columns of replicates"
    assert "the mean of column 'Rep1'" in summary["files"][0]["read_as"]["score"]


def test_a_missing_replicate_is_allowed_and_counted(ingest, program):
    table = measured()
    table.loc[0, ["Rep1", "Rep2"]] = np.nan
    table.loc[1, "Rep3"] = np.nan
    table.loc[2, REPLICATES] = np.nan
    aptamers, rejected, summary = ingest(table, replicates=REPLICATES)
    alone, two = (aptamers.loc[table["sequence"][row]] for row in (0, 1))
    assert (alone["count"], two["count"]) == (1, 2)
    assert alone["fitness"] == table["Rep3"][0]
    assert math.isnan(alone["spread"])
    assert alone["error"] == pytest.approx(math.sqrt(3) * aptamers["error"].median(), rel=0.25)
    assert alone["replicates"].startswith("||")
    assert rejected[["line", "reason"]].to_numpy().tolist() == [
        [4, "missing score: every replicate is empty"]
    ]
    assert (summary["noise"]["missing"], summary["noise"]["single"]) == (6, 1)
    options = [f"--replicates={name}" for name in REPLICATES]
    log = program("ingest", "scores.csv", *options, "--better", "higher").output
    assert "6 cells are empty; 1 aptamers have a single measurement" in log


def test_rows_of_one_sequence_share_their_replicates(ingest):
    table = measured()
    table.loc[400] = table.loc[0]
    table.loc[400, "Rep1"] += 3
    aptamers, _, _ = ingest(table, replicates=REPLICATES)
    merged = aptamers.loc[table["sequence"][0]]
    assert merged["count"] == 6
    assert merged["fitness"] == pytest.approx(table.loc[[0, 400], REPLICATES].to_numpy().mean())
    first = float(merged["replicates"].split("|")[0])
    assert first == pytest.approx(table["Rep1"][0] + 1.5)


def test_replicates_of_a_kd_are_averaged_as_logarithms(ingest):
    text = "sequence,Kd 1 (nM),Kd 2 (nM)\nACGT,10,1000\nGGCC,1,1\n"
    aptamers, _, summary = ingest(text, replicates=["Kd 1 (nM)", "Kd 2 (nM)"], better=None)
    assert aptamers["fitness"].to_dict() == pytest.approx({"ACGT": 7, "GGCC": 9})
    assert aptamers.loc["ACGT", "score"] == pytest.approx(100)
    assert summary["scale"] == "Kd"


def test_standard_errors_and_deviations(ingest):
    text = "sequence,score,score SE,n\nACGT,5,0.3,4\nGGCC,7,,4\nTTAA,8,0.5,4\n"
    aptamers, _, summary = ingest(text, error="score SE", better="lower")
    assert aptamers["error"].to_dict() == pytest.approx({"ACGT": 0.3, "GGCC": 0.4, "TTAA": 0.5})
    assert summary["noise"]["missing"] == 1
    assert summary["files"][0]["read_as"]["error"] == "column 'score SE', a standard error"
    deviations, _, _ = ingest(text.replace("SE", "SD"), error="score SD", error_n=4)
    assert deviations["error"].to_dict() == pytest.approx({"ACGT": 0.15, "GGCC": 0.2, "TTAA": 0.25})


def test_the_error_of_a_kd_is_that_of_its_logarithm(ingest):
    text = "sequence,Kd (nM),SE (uM)\nACGT,10,0.001\nGGCC,100,0.001\n"
    aptamers, _, _ = ingest(text, error="SE (uM)", better=None)
    expected = {"ACGT": 0.1 / math.log(10), "GGCC": 0.01 / math.log(10)}
    assert aptamers["error"].to_dict() == pytest.approx(expected)
    exact = np.log10(np.random.default_rng(1).normal(1e-8, 1e-10, 100_000)).std()
    assert 0.01 / math.log(10) == pytest.approx(exact, rel=0.01)
    own_units = "sequence,Kd,Kd SE\nACGT,10 nM,1\nGGCC,100 nM,1 nM\n"
    aptamers, rejected, _ = ingest(own_units, error="Kd SE", better=None)
    assert aptamers["error"].to_dict() == pytest.approx({"GGCC": expected["GGCC"]})
    assert rejected["reason"].tolist() == ["no unit: the error '1' has none"]


def test_the_error_of_an_enrichment_is_that_of_its_reads(ingest):
    rng = np.random.default_rng(3)
    before, after = rng.poisson(40, 4000), rng.poisson(90, 4000)
    made = np.log2((after + 1) / (before + 1)).std()
    text = "sequence,R1,R2\nACGT,40,90\nGGCC,4000,9000\n"
    aptamers, _, summary = ingest(text, before="R1", after="R2", better=None)
    assert aptamers.loc["ACGT", "error"] == pytest.approx(made, rel=0.05)
    assert aptamers.loc["GGCC", "error"] == pytest.approx(made / 10, rel=0.05)
    assert summary["noise"]["source"] == "reads of two rounds (Poisson)"


def test_rows_of_one_sequence_are_replicates_if_there_are_enough(ingest):
    table = measured().melt("sequence", value_name="score")[["sequence", "score"]]
    aptamers, _, summary = ingest(table)
    assert summary["noise"]["source"] == "rows of one sequence"
    # The error of a median is larger than that of a mean.
    assert aptamers["error"].median() == pytest.approx(0.5 / math.sqrt(3) * 1.25, rel=0.2)
    few = pd.concat([table[:400], table[400:404]])
    aptamers, _, summary = ingest(few)
    assert (summary["noise"], aptamers["error"].notna().any()) == (None, False)
    copies = pd.concat([table[:400], table[:400]])
    assert ingest(copies)[2]["noise"] is None


def test_variances_of_few_replicates_are_drawn_together():
    rng = np.random.default_rng(2)
    spread = rng.normal(0, 0.4, (3000, 2)).std(axis=1, ddof=1)
    count = np.full(3000, 2)
    equal = moderated_variance(spread, count)
    assert np.ptp(np.sqrt(equal)) < 0.1  # as made: one variance
    assert np.sqrt(equal.mean()) == pytest.approx(0.4, rel=0.05)
    noise = rng.choice([0.3, 1.0], 3000)
    unequal = (noise[:, None] * rng.normal(size=(3000, 6))).std(axis=1, ddof=1)
    kept = np.sqrt(moderated_variance(unequal, 3 * count))
    assert np.sqrt((kept**2).mean()) == pytest.approx(np.sqrt((noise**2).mean()), rel=0.03)
    assert np.median(kept[noise == 1]) > 2 * np.median(kept[noise == 0.3])


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("5,0", "not an error: '0'; expected a number above 0"),
        ("5,-0.2", "not an error: '-0.2'; expected a number above 0"),
        ("5,big", "not an error: 'big' is not a number"),
        ("5,<0.2", "not an error: '<0.2' is not a number"),
        ("5,0.2 nM", "not an error: '0.2 nM' has a unit, the score has none"),
    ],
)
def test_a_wrong_error_is_rejected_by_its_line(ingest, cells, reason):
    text = f"sequence,score,SE\nACGT,4,0.2\nGGCC,{cells}\nTTAA,8,0.5\n"
    aptamers, rejected, _ = ingest(text, error="SE")
    assert (len(aptamers), rejected["line"].tolist()) == (2, [3])
    assert rejected["reason"].iloc[0].startswith(reason)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("high", "not a number: 'high' (replicate 2)"),
        ("<5", "bound or range: '<5' (replicate 2)"),
    ],
)
def test_a_wrong_replicate_is_rejected_by_its_line(ingest, cell, reason):
    text = f"sequence,A,B\nACGT,4,5\nGGCC,4,{cell}\nTTAA,8,9\n"
    aptamers, rejected, _ = ingest(text, replicates=["A", "B"])
    assert (len(aptamers), rejected["line"].tolist()) == (2, [3])
    assert rejected["reason"].tolist() == [reason]
    assert rejected["score"].tolist() == [f"4 | {cell}"]


TABLE = "sequence,A,B,score,err,SD\nACGT,4,5,4,1,1\nGGCC,4,4,4,1,1\n"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"replicates": ["A", "C"]}, "no column 'C'"),
        ({"replicates": ["A"]}, "replicates names one column, 'A'; expected at least two"),
        ({"replicates": ["A", "B", "A"]}, "replicates names a column twice"),
        ({"replicates": ["A", "B", "2"]}, "names a column twice"),
        ({"replicates": ["A", "B"], "error": "err"}, "both replicates ('A', 'B') and error"),
        ({"replicates": ["A", "B"], "score": "score"}, "both replicates ('A', 'B') and score"),
        ({"replicates": ["A", "B"], "before": "A", "after": "B"}, "and the rounds of a selection"),
        ({"error": "err", "before": "A", "after": "B"}, "the error of an enrichment follows from"),
        ({"error": "none"}, "no column 'none'"),
        ({"error_kind": "standard_error"}, "but no column of errors is given"),
        ({"error_n": 3, "score": "score"}, "but no column of errors is given"),
        ({"error": "err", "score": "err"}, "score and error name one column, 'err'"),
        ({"error": "err"}, "is column 'err' a standard error or a standard deviation?"),
        ({"error": "SD"}, "of how many measurements is each score the mean?"),
        ({"replicates": ["A", "B"], "better": None}, "are higher or lower scores better?"),
    ],
)
def test_what_is_said_of_errors_must_make_sense(ingest, given, words):
    with pytest.raises(InputError) as error:
        ingest(TABLE, **given)
    assert words in str(error.value)


@pytest.mark.parametrize("given", [{"error": "SE"}, {"replicates": ["score", "B"], "score": None}])
def test_columns_without_any_error_are_warned_of(ingest, given):
    table = "sequence,score,SE,B\nACGT,4,,\nGGCC,5,n/a,\n"
    _, _, summary = ingest(table, **{"score": "score"} | given)
    assert summary["noise"] is None
    assert summary["warnings"][0].startswith("no aptamer has an error by '")


def test_labelled_pairs_have_no_errors(ingest):
    pairs = "Sequence1,Sequence2,Label,SE\nACGT,GGCC,1,0.1\n"
    with pytest.raises(InputError, match="labelled pairs has no scores, so error"):
        ingest(pairs, error="SE", error_kind="standard_error")


MIXED = "sequence,Kd1 (nM),Kd2 (uM),Kd3 (nM)\nACGT,4,0.005,6\nGGCC,40,0.04,50\n"


def test_replicates_in_two_units(ingest):
    with pytest.raises(InputError, match="are not in one unit"):
        ingest(MIXED, replicates=["Kd1 (nM)", "Kd2 (uM)"], better="lower")


def test_replicates_of_a_kd_by_the_format(ingest):
    """Logarithms of mol/L, as of one column of Kd."""
    both = ["Kd1 (nM)", "Kd3 (nM)"]
    aptamers, _, _ = ingest(MIXED, replicates=both, format="kd", better=None)
    assert aptamers.loc["ACGT", "fitness"] == pytest.approx(-np.mean(np.log10([4e-9, 6e-9])))


def test_numbers_with_which_nothing_can_be_computed(ingest):
    table = "sequence,s,e\nACGT,1,0.1\nGGCC,1e300,0.1\nAACC,2,1e160\nTTCC,3,1e-320\nAAAA,4,5%\n"
    options = {"score": "s", "error": "e", "error_kind": "standard_error", "max_rejected": 1}
    aptamers, rejected, _ = ingest(table, **options)
    assert aptamers.index.tolist() == ["ACGT"]
    reasons = dict(zip(rejected["line"], rejected["reason"], strict=True))
    assert reasons[3] == "not a score: '1e300' is beyond 1e+100"
    assert reasons[4] == "not an error: '1e160' is beyond 1e+100"
    assert reasons[5] == "not an error: '1e-320' is beyond 1e+100"
    assert "'5%' has a unit, the score has none" in reasons[6]


def test_only_tables_have_columns_of_errors(tmp_path):
    path = tmp_path / "counts.fasta"
    path.write_text(">1-20-2000\nACGTACGT\n>2-10-1000\nGGCCGGCC\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"fastaptamer has no column 'SE' \(error\)"):
        ingest_files([str(path)], make_options(error="SE"))


def test_replicates_in_different_units_are_no_replicates(ingest):
    text = "sequence,Kd 1 (nM),Kd 2 (uM)\nACGT,10,10\nGGCC,1,1\n"
    with pytest.raises(InputError, match="in one unit"):
        ingest(text, replicates=["Kd 1 (nM)", "Kd 2 (uM)"], better=None)


def test_aptamers_of_former_versions_are_read(tmp_path):
    path = tmp_path / "aptamers.csv"
    path.write_text(
        "id,sequence,score,fitness,chemistry,count,spread,group,low,high,family\n"
        "a,ACGT,1,1,DNA,2,0.5,,1,1,\n",
        encoding="utf-8",
    )
    (row,) = read_aptamers(path).to_dict("records")
    assert (row["spread"], row["replicates"]) == (0.5, "")
    assert math.isnan(row["error"])


def test_the_config_names_replicates(snakemake, tmp_path):
    measured().to_csv(tmp_path / "scores.csv", index=False)
    lab = f"{{path: scores.csv, better: higher, replicates: {REPLICATES}}}"
    config = f"run: noisy\ndatasets:\n  lab: {lab}"
    snakemake("results/noisy/lab/aptamers.csv", config=config)
    aptamers = read_aptamers(tmp_path / "results/noisy/lab/aptamers.csv")
    assert aptamers["error"].median() == pytest.approx(0.5 / math.sqrt(3), rel=0.2)
