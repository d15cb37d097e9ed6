"""Hostile files: what is wrong with each, and how it is handled.

Run: python tests/support/hostile.py > docs/hostile-files.md
"""

import re

from hostile_cases import (
    Case,
    affinities,
    containers,
    encodings,
    fastas,
    headers,
    labelled,
    logs,
    numbers,
    parquets,
    sequences,
    spreadsheets,
    tables,
)

SECTIONS = {
    "Encodings and line ends": encodings,
    "Other kinds of file, and files that are not there": containers,
    "Tables: quotes, ragged rows, delimiters": tables,
    "Headers": headers,
    "Numbers": numbers,
    "Dissociation constants": affinities,
    "Sequences": sequences,
    "Excel": spreadsheets,
    "Parquet": parquets,
    "FASTA, counts and enrichments": fastas,
    "MAWS and EFBA": logs,
    "Labelled pairs, and files that do not go together": labelled,
}
CASES: list[Case] = [case for module in SECTIONS.values() for case in module.CASES]

INTRODUCTION = """\
# Hostile files

The tests make each of these {count} files and give it to `scripts/ingest.py`
(`tests/reading/test_hostile.py`). A file is either read, and `rejected.csv` lists every row that is
not accepted with its line and the reason, or refused with a message that says what to do. Nothing
is guessed, and no row is lost: accepted + rejected + merged duplicates = rows read.

This page is made by `python tests/support/hostile.py > docs/hostile-files.md`.
"""
SHOWN = 3  # reasons that are named


def page() -> str:
    """The whole table as Markdown, a section for each kind of file."""
    parts = [INTRODUCTION.format(count=len(CASES))]
    for title, module in SECTIONS.items():
        rows = [f"| {named(case)} | {wrong(case)} | {outcome(case)} |" for case in module.CASES]
        head = ["| file | what is wrong with it | outcome |", "|---|---|---|"]
        parts.append("\n".join([f"## {title}\n", *head, *rows, ""]))
    return "\n".join(parts)


def named(case: Case) -> str:
    """The files of a case."""
    return " and ".join(code(name, 40) for name in (case.file, *case.others))


def wrong(case: Case) -> str:
    """What is wrong, and with which options the file is read."""
    text = " ".join(case.options)
    text = re.sub(r"--better lower|--better higher(?=.*--)", "", text).strip()
    return cell(case.wrong) + (f" (`{cell(text)}`)" if text else "")


def outcome(case: Case) -> str:
    """What becomes of the file."""
    if case.accepted is None:
        return f"refused: {code(case.message)}"
    unit = "pair" if all(isinstance(key, tuple) for key in case.accepted) else "sequence"
    read = f"{len(case.accepted)} {unit}{'s' if len(case.accepted) > 1 else ''} read"
    reasons: dict[str, list[int]] = {}
    for line, reason in sorted(case.rejected.items()):
        reasons.setdefault(reason, []).append(line)
    told = [f"{numbered(lines)}, {code(reason)}" for reason, lines in reasons.items()]
    more = ["and others"] if len(told) > SHOWN else []
    return f"{read}; rejected: {'; '.join(told[:SHOWN] + more)}" if told else read


def numbered(lines: list[int]) -> str:
    """The lines of rejected rows, in words."""
    if len(lines) == 1:
        return f"line {lines[0]}"
    joined = "to" if lines[-1] - lines[0] == len(lines) - 1 > 1 else "and"
    numbers = [str(line) for line in lines]
    ends = (numbers[0], numbers[-1]) if joined == "to" else (", ".join(numbers[:-1]), numbers[-1])
    return f"lines {ends[0]} {joined} {ends[1]}"


def code(text: str, size: int = 160) -> str:
    """A text as it is, for a cell of a table."""
    text = " ".join(text.split())
    text = text if len(text) <= size else text[: size - 3] + "..."
    fence = "``" if "`" in text else "`"
    return f"{fence}{cell(text)}{fence}"


def cell(text: str) -> str:
    """A text that does not break a table, nor the page's encoding."""
    return text.replace("|", "\\|").encode(errors="backslashreplace").decode()


if __name__ == "__main__":
    print(page(), end="")
