"""From files to aptamers (or labelled pairs), with an account of every row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from aptarank.columns.column_names import unit_of
from aptarank.columns.read_as import with_direction
from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.core.files import expand
from aptarank.core.log import Track
from aptarank.core.tables import PAIR_COLUMNS
from aptarank.ingestion.aptamers import (
    check_learnable,
    clean_rows,
    is_kd,
    trimmed_primers,
)
from aptarank.ingestion.labelled_pairs import clean_labelled_pairs
from aptarank.ingestion.plate_shifts import plate_shifts, warn_of_shifts
from aptarank.ingestion.row_warnings import (
    collect_warnings,
    is_readable,
    warn_of_mixed_case,
    warn_of_shared_names,
)
from aptarank.ingestion.standard_errors import check_noise, describe_noise, warn_of_no_errors
from aptarank.ingestion.targets import check_targets, warn_of_scatter
from aptarank.reading.enrichment import join_rounds, refuse_rounds
from aptarank.reading.input_format import Kind, Reading
from aptarank.reading.plates import check_measured
from aptarank.reading.read_file import read_file
from aptarank.values.measurements import is_concentration, parse_measurement
from aptarank.values.sequences import has_mixed_case

COMMONEST = 3  # reasons named in a message


@dataclass(frozen=True)
class Ingested:
    """What ingestion makes of its input.

    `labels` has the labelled pairs if the input was such a table, else no rows. `summary` says
    for each file its format, direction and rows, and how all rows were accounted for: accepted
    (distinct aptamers, or pairs), rejected by reason, and merged as duplicates.
    """

    aptamers: pd.DataFrame
    rejected: pd.DataFrame
    labels: pd.DataFrame
    summary: dict


def ingest_files(paths: Sequence[str], options: Options, track: Track = iter) -> Ingested:
    """Read files and clean their rows; `check_accepted` says whether enough was accepted.

    Args:
        paths: files or patterns.
        track: wraps the rows, for progress.

    Raises:
        InputError: a file that cannot be read, files of different kinds, an unknown direction,
            replicates and errors that contradict each other, or scores of one sequence for
            several targets.
    """
    check_noise(options)
    readings = [read_file(path, options) for path in expand(list(paths))]
    if any(reading.format.kind is Kind.PAIRS for reading in readings):
        return ingest_labelled_pairs(readings, options)
    refuse_rounds(readings, options)
    readings = with_scale_of_others(readings)
    refuse_same_plates(readings)
    files = readings
    if (options.before or options.after) and readings[0].format.kind is Kind.COUNTS:
        readings = join_rounds(readings, options)
        files = [replace(file, read_as=readings[0].read_as) for file in files]
    if options.group == "file":
        refuse_same_names(readings)
    rows = [row for reading in readings for row in reading.rows]
    better = one_direction(readings, options)
    files = [replace(file, read_as=with_direction(file.read_as, better)) for file in files]
    refuse_classes(rows, readings[0].source)
    across = check_targets(readings, options)
    rows, plates = plate_shifts(rows, better, options)
    aptamers, rejected = clean_rows(rows, better, options, track)
    labels = pd.DataFrame(columns=PAIR_COLUMNS).astype({"Label": int})
    summary = account_for_rows(files, len(rows), len(aptamers), rejected)
    summary |= {"better": better, "groups": int(aptamers["group"].nunique())}
    summary["scale"] = "Kd" if any(map(is_kd, rows)) else "number"
    summary["warnings"] = [
        *collect_warnings(rows, options),
        *warn_of_shared_names(rows),
        *across,
        *warn_of_scatter(aptamers),
        *warn_of_no_errors(aptamers, options),
        *warn_of_shifts(plates, options),
    ]
    primers = trimmed_primers(rows, options)
    summary |= {"plates": plates} if plates else {}
    summary |= {"primers": primers} if any(primers) else {}
    summary["noise"] = describe_noise(aptamers, rows, options)
    summary["bounds"] = int((aptamers["low"] != aptamers["high"]).sum())
    return Ingested(aptamers, rejected, labels, summary)


def ingest_labelled_pairs(readings: list[Reading], options: Options) -> Ingested:
    """Clean what tables of labelled pairs hold.

    Raises:
        InputError: another file has scores, or errors are named, which labels have none of.
    """
    for key in ("replicates", "error"):
        if getattr(options, key):
            raise InputError(
                f"{readings[0].source}: a table of labelled pairs has no scores, so {key} has "
                "nothing to be about; leave it out"
            )
    others = [reading for reading in readings if reading.format.kind is not Kind.PAIRS]
    if others:
        raise InputError(
            f"{others[0].source}: has scores, but another file is a table of labelled pairs; "
            "make them two datasets"
        )
    rows = [row for reading in readings for row in reading.label_rows]
    aptamers, labels, rejected = clean_labelled_pairs(rows, options.case)
    summary = account_for_rows(readings, len(rows), len(labels), rejected)
    summary["aptamers"] = len(aptamers)
    both = [Row(row.source, row.line, text, "") for row in rows for text in (row.first, row.second)]
    if options.case != "reject":
        mixed = [row for row in both if has_mixed_case(row.sequence) and is_readable(row)]
        summary["warnings"] = warn_of_mixed_case(mixed, len(both))
    return Ingested(aptamers, rejected, labels, summary)


def account_for_rows(
    readings: list[Reading], rows: int, accepted: int, rejected: pd.DataFrame
) -> dict[str, object]:
    """Account for each row; accepted + rejected + merged = rows."""
    kinds = rejected["reason"].str.split(":").str[0].value_counts()
    reasons = dict(sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
    return {
        "files": [
            {
                "file": str(reading.source),
                "format": reading.format.name,
                "sha256": reading.sha256,
                "better": reading.better or None,
                "rows": reading.row_count,
                "rejected": int((rejected["source"] == str(reading.source)).sum()),
                "read_as": reading.read_as.as_json(),
            }
            for reading in readings
        ],
        "rows": rows,
        "accepted": accepted,
        "rejected": len(rejected),
        "merged": rows - accepted - len(rejected),
        "reasons": {reason: int(number) for reason, number in reasons.items()},
    }


def one_direction(readings: list[Reading], options: Options) -> str:
    """Return which scores are better, as the formats or the user say.

    Raises:
        InputError: neither says, the files differ, or the user contradicts what a format means.
    """
    plates = [reading for reading in readings if reading.rows[0].plate]
    others = [reading for reading in readings if not reading.rows[0].plate] or plates
    meanings = {(reading.better, is_kd(reading.rows[0])): reading for reading in others}
    first = others[0].source
    if len(meanings) > 1:
        files = [
            f"{reading.source} ({reading.format.name}: {better or 'direction unknown'}"
            f"{', a Kd' if kd else ''})"
            for (better, kd), reading in meanings.items()
        ]
        raise InputError(
            f"files whose scores mean different things cannot be one dataset: {'; '.join(files)}.\n"
            "Make them two datasets."
        )
    ((better, kd),) = meanings
    if not better and not options.better:
        raise InputError(
            f"{first}: are higher or lower scores better? {why_undecided(others[0])}.\n"
            "Say --better higher or --better lower (in the config: datasets.<name>.better)."
            f"{kd_hint(others[0])}"
        )
    better = options.better or better
    if kd and better == "higher":
        raise InputError(f"{first}: a Kd is better lower, but better says higher")
    for plate in plates:
        if is_kd(plate.rows[0]) != kd or plate.better not in ("", better):
            raise InputError(
                f"{plate.source}: a plate for values of which {plate.better or 'either'} is better"
                f"{', Kd' if is_kd(plate.rows[0]) else ''}, but of those of {first} {better} is"
                f"{', Kd' if kd else ''}; they cannot be one dataset"
            )
    return better


def with_scale_of_others(readings: list[Reading]) -> list[Reading]:
    """Read the values of plates on the scale of the other files, such as per cent or pKd.

    Raises:
        InputError: a value that is none on this scale.
    """
    scales = {row.scale for each in readings if not each.rows[0].plate for row in each.rows}
    scale = scales.pop() if len(scales) == 1 else ""
    found = []
    for reading in readings:
        if reading.rows[0].plate:
            use = scale and not is_concentration(scale) and not is_kd(reading.rows[0])
            rows = [row._replace(scale=scale) if use else row for row in reading.rows]
            check_measured(rows)
            reading = replace(reading, rows=rows)
        found.append(reading)
    return found


def refuse_same_plates(readings: list[Reading]) -> None:
    """Raise InputError if a filled plate is given twice, also in another format or in part: its
    values would count as measured twice.
    """
    plates = [reading for reading in readings if reading.rows and reading.rows[0].plate]
    for number, reading in enumerate(plates):
        for before in plates[:number]:
            few, many = sorted((values_of(before), values_of(reading)), key=len)
            if few <= many:
                raise InputError(
                    f"{reading.source}: the same plate as {before.source}, with the same values in "
                    "the wells that both have; leave one out, or these would count as measured "
                    "twice"
                )


def values_of(plate: Reading) -> set[tuple]:
    """What was measured in the wells of a plate."""
    return {
        (row.plate, row.name, row.sequence, parse_measurement(row.score, row.scale))
        for row in plate.rows
    }


def kd_hint(reading: Reading) -> str:
    """How to say that a score in a unit of concentration is a Kd; "" where it has no such unit."""
    names = re.findall(r"'([^']*)'", reading.read_as.score)
    if not any(map(unit_of, names)):
        return ""
    return (
        "\nIf it is a Kd, say --format kd instead (datasets.<name>.format): -log10 of it is used."
    )


def why_undecided(reading: Reading) -> str:
    """Say why the direction is not known."""
    because = reading.read_as.because
    reason = (
        f": {because}, and that does not say"
        if because
        else f" of {reading.format.name} may be either"
    )
    return f"{reading.read_as.score}{reason}"


def refuse_same_names(readings: list[Reading]) -> None:
    """Raise InputError if two files have the same name, which is the name of their groups."""
    named: dict[str, Path] = {}
    for reading in readings:
        first = named.setdefault(reading.source.name, reading.source)
        if first != reading.source:
            raise InputError(
                f"{reading.source}: has the same name as {first}, and group: file goes by names; "
                "rename one"
            )


def refuse_classes(rows: Sequence[Row], source: Path) -> None:
    """Raise InputError if every score is 0 or 1: a class, not a fitness."""
    scores = {row.score.strip() for row in rows if not row.problem} - {""}
    if len(rows) > 2 and scores <= {"0", "1", "0.0", "1.0"} and len(scores) == 2:
        raise InputError(
            f"{source}: every score is 0 or 1: a label that says whether an aptamer binds, not how "
            "well.\nThere is no order of fitness to learn from it; name a column with a score."
        )


def check_accepted(ingested: Ingested, source: str, options: Options) -> None:
    """Stop if too many rows were rejected, or nothing can be learnt from the rest.

    Raises:
        InputError: names the commonest reasons and the first row of each.
    """
    summary = ingested.summary
    rows, rejected = summary["rows"], summary["rejected"]
    most_rejected = 0.0 if options.on_reject == "fail" else options.max_rejected
    if not summary["accepted"] or rejected > most_rejected * rows:
        if rejected == rows:
            problem = f"all {rows} rows were rejected"
        else:
            problem = f"{rejected} of {rows} rows were rejected ({rejected / rows:.0%})"
            problem += f", at most {most_rejected:.0%} may be (on_reject, max_rejected)"
        raise InputError(
            f"{source}: {problem}. The commonest reasons:\n{commonest_reasons(ingested)}"
        )
    if ingested.labels.empty:
        message = f"{rejected} of {rows} rows were rejected. The commonest reasons:\n"
        check_learnable(
            ingested.aptamers, source, message + commonest_reasons(ingested) if rejected else ""
        )


def has_nothing_to_compare(aptamers: pd.DataFrame) -> bool:
    """Whether no two aptamers of one group differ in fitness."""
    ranges = aptamers.groupby("group").agg(low=("high", "min"), high=("low", "max"))
    return not (ranges["high"] > ranges["low"]).any()


def commonest_reasons(ingested: Ingested) -> str:
    """Return the commonest reasons of rejection, one per line, each with its first row."""
    kinds = ingested.rejected["reason"].str.split(":").str[0]
    lines = []
    for kind, number in list(ingested.summary["reasons"].items())[:COMMONEST]:
        first = ingested.rejected[kinds == kind].iloc[0]
        lines.append(f"  {number} x {first['reason']} ({first['source']}, line {first['line']})")
    return "\n".join(lines)
