"""The unit of a Kd in a column of its own."""

import pandas as pd
import pytest

SEQUENCES = ["ACGTACGT", "ACGTACGA", "ACGTTCGA", "ACCTACGA"]


def write(names, cells):
    rows = [[sequence, *row] for sequence, row in zip(SEQUENCES, cells, strict=True)]
    pd.DataFrame(rows, columns=["Sequence", *names]).to_csv("kd.csv", index=False)


@pytest.mark.parametrize(
    "names",
    [
        *(("Kd", "Kd unit"), ("Kd", "Unit"), ("KD", "units"), ("KD value", "KD unit")),
        *(("Kd", "unit_Kd"), ("Kd", "Units (nM/uM)"), ("Kd value", "Unit of measurement")),
        ("Kd", "Concentration unit"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--format", "kd"]])
def test_each_row_has_its_unit(program, names, more):
    write(names, [(12, "nM"), (1.2, "µM"), ("<5", "nM"), (0.3, "uM")])
    said = program("ingest", "kd.csv", *more).output
    assert f"in the unit of each row (column '{names[1]}')" in said
    found = pd.read_csv("aptamers.csv").set_index("sequence")["score"]
    assert found["ACGTACGT"] == pytest.approx(12)
    assert found["ACGTACGA"] == pytest.approx(1200)
    assert found["ACCTACGA"] == pytest.approx(300)


def test_a_row_without_a_unit_is_rejected(program):
    write(("Kd", "Unit"), [(12, "nM"), (1.2, ""), (5, "nM"), (0.3, "uM")])
    program("ingest", "kd.csv", "--max-rejected", "0.5")
    rejected = pd.read_csv("rejected.csv")
    assert rejected["line"].tolist() == [3]
    assert "unit" in rejected["reason"][0]


def test_errors_and_replicates_have_it_too(program):
    write(("Kd", "SE", "Unit"), [(10, 1, "nM"), (1, 0.1, "uM"), (5, 1, "nM"), (3, 1, "nM")])
    program("ingest", "kd.csv", "--error", "SE", "--error-kind", "standard_error")
    error = pd.read_csv("aptamers.csv").set_index("sequence")["error"]
    assert error["ACGTACGT"] == pytest.approx(error["ACGTACGA"])
    write(("Kd 1", "Kd 2", "Unit"), [(10, 12, "nM"), (1, 1.2, "uM"), (5, 6, "nM"), (3, "", "nM")])
    program("ingest", "kd.csv", "--replicates", "Kd 1", "--replicates", "Kd 2", "--format", "kd")
    fitness = pd.read_csv("aptamers.csv").set_index("sequence")["fitness"]
    assert fitness["ACGTACGT"] - fitness["ACGTACGA"] == pytest.approx(2)


def test_a_unit_in_the_name_counts(program):
    """The column beside it may be of another quantity."""
    write(("Kd (nM)", "Unit"), [(12, "µM"), (1.2, "µM"), (5, "µM"), (0.3, "µM")])
    program("ingest", "kd.csv")
    assert pd.read_csv("aptamers.csv")["score"].max() == pytest.approx(12)


def test_a_kd_by_another_name_is_asked_about(program):
    write(("Rep1 (nM)", "Rep2 (nM)"), [(12, 13), (1, 1.1), (5, 6), (3, 4)])
    replicates = ["--replicates", "Rep1 (nM)", "--replicates", "Rep2 (nM)"]
    said = program("ingest", "kd.csv", *replicates, code=1).output
    assert "If it is a Kd, say --format kd instead" in said


def test_a_cell_that_is_no_unit_costs_its_row_alone(program):
    write(("Kd", "Unit"), [(12, "nM"), (1.2, "µM"), (5, "n/a"), (0.3, "nm")])
    program("ingest", "kd.csv", "--max-rejected", "0.5")
    assert pd.read_csv("aptamers.csv")["score"].max() == pytest.approx(1200)
    assert pd.read_csv("rejected.csv")["reason"].tolist() == [
        "not a unit of concentration: 'n/a'",
        "not a unit of concentration: 'nm' (is the M a capital?)",
    ]


def test_a_cell_with_a_unit_of_its_own(program):
    write(("Kd", "Unit"), [("12 nM", "nM"), (1.2, "µM"), ("5 nM", "µM"), (0.3, "nM")])
    program("ingest", "kd.csv", "--max-rejected", "0.5")
    found = pd.read_csv("aptamers.csv").set_index("sequence")["score"]
    assert found["ACGTACGT"] == pytest.approx(12)
    assert pd.read_csv("rejected.csv")["reason"][0].startswith("two units: '5 nM'")


def test_a_score_by_another_name_that_is_said_to_be_a_kd(program):
    write(("Value", "Unit"), [(12, "nM"), (1.2, "µM"), (5, "nM"), (0.3, "nM")])
    program("ingest", "kd.csv", "--score", "Value", "--format", "kd")
    assert pd.read_csv("aptamers.csv")["score"].max() == pytest.approx(1200)
