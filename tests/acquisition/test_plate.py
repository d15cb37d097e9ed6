"""A plate from proposal to measurement and back: what is written, and what is read of it."""

import json

import numpy as np
import pandas as pd
import pytest

from aptarank.acquisition.plate import ordered, well_names
from aptarank.core.errors import InputError
from aptarank.reading.plates import PLATE_COLUMNS, check_of
from made_aptamers import random_sequences

SEQUENCES = random_sequences(40, np.random.default_rng(11), 10, 10)
VALUES = np.round(np.random.default_rng(12).normal(size=40), 3)


def ingest(program, *files, code=0, **more):
    options = [word for key, value in more.items() for word in (f"--{key}", value)]
    outputs = ["-o", "aptamers.csv", "--summary", "ingestion.json", "--dataset", "run/lab"]
    return program("ingest", *files, *options, *outputs, code=code).output


@pytest.fixture
def plate(program, tmp_path):
    """Forty measured aptamers, lower is better, and a plate of twelve wells for them."""
    table = pd.DataFrame({"sequence": SEQUENCES, "score": VALUES})
    table.to_csv("lab.csv", index=False)
    ingest(program, "lab.csv", better="lower")
    program(
        *("next", "--known", "aptamers.csv", "--ingestion", "ingestion.json"),
        *("--dataset", "run/lab", "--size", "12", "--within", "1"),
    )
    return pd.read_csv("plate.csv", dtype=str, keep_default_na=False)


def filled(plate, name="filled.csv", shift=0.0, skip=0):
    """The plate with a value in each well but the first ones."""
    known = dict(zip(SEQUENCES, VALUES, strict=True))
    values = [known.get(text, 0.5) + shift for text in plate["aptamer"]]
    plate = plate.assign(measured=[f"{value:.3f}" for value in values])
    plate.loc[: skip - 1, "measured"] = "" if skip else plate["measured"]
    plate.to_csv(name, index=False)
    return plate


def test_what_is_written(plate):
    assert list(plate) == PLATE_COLUMNS
    assert plate["well"].tolist() == [*(f"{row}1" for row in "ABCDEFGH"), "A2", "B2", "C2", "D2"]
    assert plate["role"].tolist()[-4:] == ["control"] * 4
    assert set(plate["role"][:-4]) <= {"exploit", "explore"}
    assert not set(plate["aptamer"][:-4]) & set(SEQUENCES)
    assert plate["aptamer"].is_unique
    assert set(plate["better"]) == {"lower"}
    assert set(plate["measured"]) == {""}
    best = SEQUENCES[int(VALUES.argmin())]
    assert plate["aptamer"].iloc[-4] == best
    assert sorted(plate["aptamer"].iloc[-1]) == sorted(best)  # scrambled
    new = plate[:-4].astype({name: float for name in ("expected", "expected_low", "expected_high")})
    assert (new["expected_low"] <= new["expected"]).all()
    assert (new["expected"] <= new["expected_high"]).all()
    assert [row["check"] for row in plate.to_dict("records")] == [
        check_of(row) for row in plate.to_dict("records")
    ]


def test_it_is_read_back(plate, program, tmp_path):
    """New aptamers are added; a control that is measured again counts as a replicate."""
    filled(plate, skip=2)
    said = ingest(program, "lab.csv", "filled.csv", better="lower")
    assert "plate: round 1, 10 of 12 wells measured" in said
    aptamers = pd.read_csv(tmp_path / "aptamers.csv").set_index("sequence")
    assert len(aptamers) == 40 + 7  # six new ones and the scrambled control
    counts = aptamers.loc[plate["aptamer"].iloc[-4:-1], "count"]
    assert counts.tolist() == [2, 2, 2]
    assert aptamers.loc[plate["aptamer"].iloc[3], "score"] == 0.5
    account = json.loads((tmp_path / "ingestion.json").read_text())
    (shift,) = account["plates"]
    assert (shift["round"], shift["measured"], shift["in_common"]) == (1, 10, 3)
    assert shift["shift"] == pytest.approx(0, abs=1e-9)
    program(
        *("next", "--known", "aptamers.csv", "--ingestion", "ingestion.json"),
        *("--size", "12", "--within", "1", "-o", "second.csv"),
    )
    second = pd.read_csv(tmp_path / "second.csv")
    assert set(second["round"]) == {2}
    assert not set(second["aptamer"][:-4]) & set(aptamers.index)


def test_columns_of_the_other_files_do_not_count(plate, program, tmp_path):
    """The dataset names its columns; a plate has its own."""
    filled(plate)
    pd.read_csv("lab.csv").rename(columns={"sequence": "oligo", "score": "kcal"}).to_csv(
        "other.csv", index=False
    )
    ingest(program, "other.csv", "filled.csv", sequence="oligo", score="kcal", better="lower")
    assert len(pd.read_csv(tmp_path / "aptamers.csv")) == 40 + 9


def test_spreadsheets_may_change_its_clothes(plate, program, tmp_path):
    """Semicolons and a decimal comma, columns moved, blank lines."""
    changed = filled(plate)
    changed["measured"] = changed["measured"].str.replace(".", ",")
    changed.loc[0, "measured"] = "2"
    changed = changed[changed.columns[::-1]]
    changed.to_csv("filled.csv", index=False, sep=";")
    with open("filled.csv", "a") as file:
        file.write(";" * (len(changed.columns) - 1) + "\n\n")
    said = ingest(program, "lab.csv", "filled.csv", better="lower")  # which has points
    assert "12 of 12 wells measured, with decimal commas" in said
    scores = pd.read_csv(tmp_path / "aptamers.csv").set_index("sequence")["score"]
    assert scores[plate["aptamer"].iloc[0]] == 2
    assert scores[plate["aptamer"].iloc[1]] == 0.5
    ingest(program, "filled.csv")
    assert len(pd.read_csv(tmp_path / "aptamers.csv")) == 12
    changed["measured"] = changed["measured"].str.replace(",", ".")
    changed.assign(round=1).to_excel("filled.xlsx", index=False)
    ingest(program, "filled.xlsx")
    assert len(pd.read_csv(tmp_path / "aptamers.csv")) == 12


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("1.234", "0,5"), "line 2: measured is '1.234', but other values of this plate have a"),
        (("1,234", "5"), "line 2: measured is '1,234': not a number: '1,234'"),
    ],
)
def test_a_comma_that_may_be_two_things(plate, program, values, said):
    plate.loc[:1, "measured"] = values
    plate.to_csv("filled.csv", index=False)
    assert said in ingest(program, "lab.csv", "filled.csv", better="lower", code=1)


@pytest.mark.parametrize(
    "more", [{"format": "csv"}, {"delimiter": ","}, {"decimal": ","}, {"group": "file"}]
)
def test_how_other_files_are_written_does_not_count(plate, program, tmp_path, more):
    table = pd.DataFrame({"sequence": SEQUENCES, "score": VALUES})
    if "decimal" in more:
        table["score"] = table["score"].astype(str).str.replace(".", ",")
        table.to_csv("lab.csv", index=False, sep=";")
    else:
        table.to_csv("lab.csv", index=False)
    filled(plate).to_csv("filled.csv", index=False, sep=";")
    if "group" in more:  # the plate is of the group of that file
        ingest(program, "lab.csv", better="lower", **more)
        known = ("--known", "aptamers.csv", "--ingestion", "ingestion.json", "--within", "1")
        program("next", *known, "--dataset", "run/lab", "--size", "12")
        filled(pd.read_csv("plate.csv", dtype=str, keep_default_na=False))
    said = ingest(program, "lab.csv", "filled.csv", better="lower", **more)
    assert "filled.csv: plate, 12 rows" in said
    found = pd.read_csv(tmp_path / "aptamers.csv", keep_default_na=False)
    assert len(found) == 40 + 9
    assert found["group"].nunique() == 1


def test_reads_and_replicates_are_of_the_other_files(plate, program, tmp_path):
    reads = pd.DataFrame({"sequence": SEQUENCES, "reads": range(1, 41)})
    reads.to_csv("reads.csv", index=False)
    filled(plate.assign(better="higher"))
    again = pd.read_csv("filled.csv", dtype=str, keep_default_na=False).assign(measured="20")
    again["check"] = [check_of(row) for row in again.to_dict("records")]
    again.to_csv("counted.csv", index=False)
    ingest(program, "reads.csv", "counted.csv", **{"min-count": "4", "max-rejected": "0.1"})
    found = pd.read_csv(tmp_path / "aptamers.csv").set_index("sequence")
    assert found.loc[plate["aptamer"].iloc[0], "score"] == 20
    assert pd.read_csv("rejected.csv")["reason"].tolist() == [
        f"few reads: {number}, min_count is 4" for number in (1, 2, 3)
    ]
    filled(plate)
    three = pd.DataFrame({"sequence": SEQUENCES, "a": VALUES, "b": VALUES + 0.1, "c": VALUES - 0.1})
    three.to_csv("three.csv", index=False)
    names = [word for name in "abc" for word in ("--replicates", name)]
    outputs = ["-o", "aptamers.csv", "--summary", "ingestion.json", "--better", "lower"]
    program("ingest", "three.csv", "filled.csv", *names, *outputs)
    found = pd.read_csv(tmp_path / "aptamers.csv", keep_default_na=False).set_index("sequence")
    assert len(found) == 40 + 9
    new, again = plate["aptamer"].iloc[0], plate["aptamer"].iloc[-4]
    assert found.loc[new, ["score", "count", "replicates"]].tolist() == [0.5, 1, ""]
    assert found.loc[again, "count"] == 4
    assert found.loc[again, "score"] == pytest.approx(VALUES.min())
    assert found.loc[again, "replicates"].count("|") == 2


def test_the_scale_of_the_other_files(program, tmp_path):
    """Of per cent, each value has its sign; of a pKd, 820 is none."""
    for column, texts, good, bad in (
        ("Bound", [f"{30 + 10 * v:.2f}%" for v in VALUES], "50%", "0.5"),
        ("pKd", [f"{7 + v / 3:.3f}" for v in VALUES], "7.5 ± 0.2", "820"),
    ):
        pd.DataFrame({"sequence": SEQUENCES, column: texts}).to_csv("own.csv", index=False)
        given = {"score": column, "better": "higher"}
        ingest(program, "own.csv", **given)
        known = ("--known", "aptamers.csv", "--ingestion", "ingestion.json", "--within", "1")
        program("next", *known, "--size", "6", "-o", "plate.csv")
        plate = pd.read_csv("plate.csv", dtype=str, keep_default_na=False)
        plate.loc[0, "measured"] = good
        plate.to_csv("filled.csv", index=False)
        ingest(program, "own.csv", "filled.csv", **given)
        score = pd.read_csv(tmp_path / "aptamers.csv").set_index("sequence")["score"]
        assert score[plate["aptamer"].iloc[0]] == float(good.split("%")[0].split(" ")[0])
        change(plate, 0, "measured", bad).to_csv("filled.csv", index=False)
        said = ingest(program, "own.csv", "filled.csv", code=1, **given)
        assert f"filled.csv, line 2: measured is '{bad}'" in said
        (tmp_path / "plate.csv").unlink()


def test_a_first_plate_without_a_direction(program, tmp_path):
    """The dataset says it later."""
    program("next", "--parent", "ACGTACGTAC", "--size", "6")
    plate = pd.read_csv("plate.csv", dtype=str, keep_default_na=False)
    plate.assign(measured=list("123456")).to_csv("filled.csv", index=False)
    assert "are higher or lower scores better?" in ingest(program, "filled.csv", code=1)
    for better, sign in (("higher", 1), ("lower", -1)):
        said = ingest(program, "filled.csv", better=better)
        assert "nothing was measured before it" in said
        found = pd.read_csv(tmp_path / "aptamers.csv")
        assert (found["fitness"] == sign * found["score"]).all()


def test_one_aptamer_in_common(plate, program):
    """It tells of no error, and is not enough to correct by."""
    some = filled(plate, shift=2)
    some.loc[some.index != len(some) - 4, "measured"] = ""
    some.loc[0, "measured"] = "0.5"
    some.to_csv("filled.csv", index=False)
    given = {"better": "lower", "plate-shift": "correct"}
    said = ingest(program, "lab.csv", "filled.csv", **given)
    assert "measured before too (1) differs by -2, which was not subtracted: 2 such" in said
    filled(plate)
    said = ingest(program, "lab.csv", "filled.csv", better="lower")
    assert "differs by +0 ± 0: no clear shift" in said


def test_a_shift(plate, program, tmp_path):
    filled(plate, shift=0.7)
    said = ingest(program, "lab.csv", "filled.csv", better="lower")
    assert "what was measured before too (3) differs by -0.7 ±" in said
    assert "which was not subtracted; datasets.<name>.plate_shift: correct does it" in said
    best = plate["aptamer"].iloc[-4]
    kept = pd.read_csv(tmp_path / "aptamers.csv").set_index("sequence")
    assert kept.loc[best, "score"] == pytest.approx(VALUES.min() + 0.35)  # of both
    said = ingest(program, "lab.csv", "filled.csv", **{"better": "lower", "plate-shift": "correct"})
    assert ", which was subtracted" in said
    corrected = pd.read_csv(tmp_path / "aptamers.csv").set_index("sequence")
    assert corrected.loc[best, "score"] == pytest.approx(VALUES.min())
    assert corrected.loc[plate["aptamer"].iloc[0], "score"] == pytest.approx(0.5)


def change(table, row, column, value):
    table = table.copy()
    table.loc[row, column] = value
    return table


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t.assign(measured=""), "filled.csv: a plate of which no well is measured"),
        (
            lambda t: change(t, 3, "measured", "high"),
            "filled.csv, line 5: measured is 'high': not a number",
        ),
        (lambda t: change(t, 1, "sequence", "ACGT"), "line 3: well 'B1' is not as it was proposed"),
        (lambda t: change(t, 1, "aptamer", "ACGT"), "line 3: well 'B1' is not as it was proposed"),
        (lambda t: change(t, 5, "well", "A1"), "line 7: well 'A1' is in line 2 too"),
        (lambda t: change(t, 2, "round", "9"), "line 4: well 'C1' is not as it was proposed"),
    ],
)
def test_what_is_not_as_it_was(plate, program, tmp_path, spoil, said):
    before = (tmp_path / "aptamers.csv").read_bytes()
    spoil(filled(plate)).to_csv("filled.csv", index=False)
    output = ingest(program, "lab.csv", "filled.csv", better="lower", code=1)
    assert said in output
    assert (tmp_path / "aptamers.csv").read_bytes() == before  # nothing is lost


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t.drop(columns="check"), "a plate of next.py without its column check"),
        (
            lambda t: t.rename(columns={"measured": "OD"}),
            "a plate of next.py without its column measured",
        ),
        (lambda t: t.assign(Measured="5"), "a plate with two columns measured"),
        (
            lambda t: t.rename(columns={"measured": "measured (uM)"}),
            "the column of the measured values is in uM, but this plate is for values without a",
        ),
    ],
)
def test_columns(plate, program, spoil, said):
    spoil(filled(plate)).to_csv("filled.csv", index=False)
    assert said in ingest(program, "lab.csv", "filled.csv", better="lower", code=1)


def test_a_column_beside_the_measured_one_is_named(plate, program):
    filled(plate).assign(measured_sd="0.1").to_csv("filled.csv", index=False)
    said = ingest(program, "lab.csv", "filled.csv", better="lower")
    assert "not the score: column 'measured_sd'" in said


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("round", "many", "line 3: round is 'many', which next.py never writes"),
        ("better", "later", "line 3: better is 'later', which next.py never writes"),
        ("unit", "kg", "line 3: unit is 'kg', which next.py never writes"),
        ("round", "2", "line 3: round is '2', but '1' in line 2; give each plate as a file"),
        ("dataset", "x/y", "line 3: dataset is 'x/y', but 'run/lab' in line 2"),
    ],
)
def test_a_checksum_is_no_proof(plate, program, column, value, said):
    forged = change(filled(plate), 1, column, value)
    forged["check"] = [check_of(row) for row in forged.to_dict("records")]
    forged.to_csv("filled.csv", index=False)
    assert said in ingest(program, "lab.csv", "filled.csv", better="lower", code=1)


def test_a_plate_of_another_run(plate, program):
    filled(plate)
    outputs = ["-o", "a.csv", "--better", "lower"]
    files = ["lab.csv", "filled.csv"]
    said = program("ingest", *files, *outputs, "--dataset", "run/other", code=1).output
    assert "a plate of run/lab, but this is run/other" in said
    assert "datasets.<name>.plates_of: [run/lab]" in said
    program("ingest", *files, *outputs, "--dataset", "run/other", "--plates-of", "run/lab")
    said = program("ingest", *files, "--better", "higher", code=1).output
    assert "a plate for values of which lower is better" in said


def test_the_same_plate_twice(plate, program):
    filled(plate)
    filled(plate, "again.csv")
    said = ingest(program, "lab.csv", "filled.csv", "again.csv", better="lower", code=1)
    assert "the same plate as filled.csv" in said
    other = filled(plate).sort_values("aptamer")
    other.to_excel("again.xlsx", index=False)  # other bytes, the same values
    said = ingest(program, "lab.csv", "filled.csv", "again.xlsx", better="lower", code=1)
    assert "again.xlsx: the same plate as filled.csv" in said
    filled(plate, "part.csv", skip=5)
    said = ingest(program, "lab.csv", "part.csv", "filled.csv", better="lower", code=1)
    assert "filled.csv: the same plate as part.csv" in said
    filled(plate, "again.csv", shift=0.01)  # measured again
    ingest(program, "lab.csv", "filled.csv", "again.csv", better="lower")


def test_a_kd(program, tmp_path):
    """In nM, whatever the unit of the file; bounds are read as in any Kd."""
    table = pd.DataFrame({"sequence": SEQUENCES, "Kd": [f"{10**v:.3g} uM" for v in VALUES]})
    table.to_csv("kd.csv", index=False)
    ingest(program, "kd.csv")
    known = ("--known", "aptamers.csv", "--ingestion", "ingestion.json", "--within", "1")
    program("next", *known, "--size", "6")
    plate = pd.read_csv("plate.csv", dtype=str, keep_default_na=False)
    assert set(plate["unit"]) == {"nM"}
    assert float(plate["expected"].iloc[2]) == pytest.approx(1000 * 10 ** VALUES.min(), rel=1e-2)
    plate.assign(measured=["5", ">2000", "1e3", "", "", ""]).to_csv("filled.csv", index=False)
    ingest(program, "kd.csv", "filled.csv")
    aptamers = pd.read_csv(tmp_path / "aptamers.csv").set_index("sequence")
    assert aptamers.loc[plate["aptamer"].iloc[0], "fitness"] == pytest.approx(8.301, abs=1e-3)
    assert aptamers.loc[plate["aptamer"].iloc[1], "low"] == -np.inf
    named = plate.rename(columns={"measured": "measured (uM)"})
    named.assign(**{"measured (uM)": ["5", "7 nM", "", "", "", ""]}).to_csv("u.csv", index=False)
    assert "in uM" in ingest(program, "kd.csv", "u.csv")
    aptamers = pd.read_csv(tmp_path / "aptamers.csv").set_index("sequence")
    assert aptamers.loc[plate["aptamer"].iloc[0], "score"] == pytest.approx(5000)
    assert aptamers.loc[plate["aptamer"].iloc[1], "score"] == pytest.approx(7)
    turned = plate.assign(better="higher", measured="5")
    turned["check"] = [check_of(row) for row in turned.to_dict("records")]
    turned.to_csv("turned.csv", index=False)
    assert "a Kd is better lower" in ingest(program, "turned.csv", code=1)


def test_wells_and_orders():
    assert well_names(9)[-2:] == ["H1", "A2"]
    assert well_names(97)[-1] == "A7"  # of 384: sixteen rows
    assert len(set(well_names(384))) == 384
    with pytest.raises(InputError, match="at most 384 wells"):
        well_names(385)
    assert ordered("ACGT", "TT", "AA", rna=True) == "UUACGUAA"
