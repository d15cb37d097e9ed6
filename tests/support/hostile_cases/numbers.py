"""Scores that are no numbers, or numbers that can be read in two ways."""

from hostile_cases import reads, refused, table


def scores(*texts, header="sequence,score"):
    """A table of scores, each with a sequence of its own."""
    return table(*(f'{of(n)},"{text}"' for n, text in enumerate(texts)), header=header)


def of(number: int) -> str:
    """The sequence of a row, by its number."""
    return "ACGT" + "".join("ACGT"[number >> shift & 3] for shift in (4, 2, 0))


def read(*values):
    """The scores of the first sequences."""
    return {of(n): value for n, value in enumerate(values)}


CASES = [
    reads(
        "numbers.csv",
        "every valid notation of a number",
        scores(
            "1",
            "+1",
            "-1.50",
            ".5",
            "5.",
            "1e-3",
            "1E+2",
            " 7 ",
            "1.2 × 10^-3",
            "2 x 10-3",
            "3·10⁻³",
            "-0",
            "−4",
        ),
        read(1, 1, -1.5, 0.5, 5, 0.001, 100, 7, 0.0012, 0.002, 0.003, 0, -4),
    ),
    reads(
        "large.csv",
        "numbers that are too large or too small",
        scores("1", "2", "1e309", "1e-400", "9" * 400),
        read(1, 2),
        {4: "not finite: '1e309'", 5: "not a number: '1e-400' is too small", 6: "not a number"},
    ),
    reads(
        "nan.csv",
        "nan and inf",
        scores("1", "2", "nan", "inf", "-Infinity", "NaN"),
        read(1, 2),
        {4: "not finite: 'nan'", 5: "not finite", 6: "not finite", 7: "not finite"},
    ),
    reads(
        "missing.csv",
        "scores that are missing",
        scores("1", "2", "", "  ", "N/A", "NA", "null", "-", "n.d.", "?"),
        read(1, 2),
        {4: "missing score", 5: "missing score", **dict.fromkeys(range(6, 12), "not a number")},
    ),
    reads(
        "python.csv",
        "numbers as written by programs",
        scores("1", "2", "1_000", "0x1F", "1e", "1.2.3", "1j", "True", "3d"),
        read(1, 2),
        dict.fromkeys(range(4, 11), "not a number"),
    ),
    reads(
        "foreign-digits.csv",
        "digits of other scripts",
        scores("1", "2", "１２", "٣", "५", "Ⅳ", "3²"),
        read(1, 2),
        dict.fromkeys(range(4, 9), "not a number"),
    ),
    reads(
        "lost-power.csv",
        "1×10⁵ that lost its formatting: 1x105 may be 105 or 10⁵",
        scores("1", "2", "1x105", "2·105", "3*10"),
        read(1, 2),
        dict.fromkeys(range(4, 7), "not a number"),
    ),
    reads(
        "decimal-comma.csv",
        "decimal commas among points",
        scores("1", "2", "1,5", "0,001", ",5"),
        read(1, 2),
        {
            4: "not a number: '1,5' (a decimal comma?",
            5: "not a number: '0,001'",
            6: "not a number: ',5'",
        },
    ),
    reads(
        "thousands.csv",
        "thousands separators",
        scores("1", "2", "1,234", "1,234,567", "1 234", "1'234", "1.234.567"),
        read(1, 2),
        {
            4: (
                "not a number: '1,234' (a decimal comma? say decimal: ','; one between thousands?"
                " take it out)"
            ),
            **dict.fromkeys(range(5, 9), "not a number"),
        },
    ),
    reads(
        "thousands-said.csv",
        "the same with decimal commas",
        scores("1", "2,5", "1,234,567", "1.234", "1.234,5"),
        read(1, 2.5),
        {4: "not a number: '1,234,567'", 5: "not a number: '1.234' has a point", 6: "not a number"},
        "--decimal ,",
    ),
    reads(
        "dates.csv",
        "numbers that a spreadsheet turned into dates",
        scores(
            "1", "2", "2-Jan", "Jan-02", "05.06.2024", "2024-05-06", "1/2/24", "2024-05-06 00:00:00"
        ),
        read(1, 2),
        dict.fromkeys(range(4, 10), "not a number"),
    ),
    reads(
        "percent.csv",
        "per cent signs and other units",
        scores("1", "2", "5%", "5 ‰", "$5", "5 RPM", "5±1", "5 (n=3)", "~5"),
        read(1, 2),
        dict.fromkeys(range(4, 11), "not a number"),
    ),
    reads(
        "percent-all.csv",
        "per cent signs in all rows but one",
        scores("45%", "5.5 %", "<1%", "0.45"),
        read(45, 5.5, 1),
        {5: "not a number: '0.45' (per cent in other rows: write the sign in each, or in none)"},
    ),
    reads(
        "formulas.csv",
        "errors and formulas of a spreadsheet",
        scores("1", "2", "#DIV/0!", "#N/A", "#VALUE!", "#####", "=A1*2"),
        read(1, 2),
        dict.fromkeys(range(4, 9), "not a number"),
    ),
    reads(
        "bounds.csv",
        "bounds",
        scores("1", "<5", ">= 7", "≤3", "<", "< <5", "<5>"),
        read(1, 5, 7, 3),
        dict.fromkeys(range(6, 9), "not a number"),
    ),
    reads(
        "bounds-off.csv",
        "bounds, with the option to reject them",
        scores("1", "2", "<5", ">7"),
        read(1, 2),
        {4: "bound or range: '<5'", 5: "bound or range"},
        "--bounds reject",
    ),
    reads(
        "ranges.csv",
        "ranges of a score that is not a Kd",
        scores("1", "2", "1-2", "1–2", "1 to 2"),
        read(1, 2),
        dict.fromkeys(range(4, 7), "not a number"),
    ),
    reads(
        "words.csv",
        "words and spaces in a score",
        scores("1", "2", "high", "1 2", "1;2", "one", "1..2", "--1"),
        read(1, 2),
        dict.fromkeys(range(4, 10), "not a number"),
    ),
    reads(
        "essay-score.csv",
        "a score of 100,000 digits",
        scores("1", "2", "1" * 100_000, " " * 5_000 + "x" + " " * 5_000),
        read(1, 2),
        {4: "not a number", 5: "not a number: 'x'"},
    ),
    reads(
        "nbsp-score.csv",
        "non-breaking spaces around a number",
        scores("\u00a01", "2\u202f"),
        read(1, 2),
    ),
    reads(
        "invisible-score.csv",
        "invisible characters in a number",
        scores("1", "2", "3\u200b", "\ufeff4", "5\u00ad6"),
        read(1, 2),
        dict.fromkeys(range(4, 7), "not a number"),
    ),
    reads(
        "log.csv",
        "a wrong column that contains only text",
        scores("1", "2", "a", "b", "c"),
        read(1, 2),
        dict.fromkeys(range(4, 7), "not a number"),
    ),
    refused(
        "text-score.csv",
        "the name taken for the score",
        table("ACGT,apt1", "ACGG,apt2"),
        "all 2 rows were rejected. The commonest reasons:\n  2 x not a number: 'apt1'"
        " (text-score.csv, line 2)",
    ),
]
