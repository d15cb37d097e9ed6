"""The columns of replicates or of errors that the user names."""

from pathlib import Path
from typing import NamedTuple

from aptarank.columns.column_names import error_kind_of, unit_of
from aptarank.columns.lookup import column_index
from aptarank.columns.read_as import column_in_words
from aptarank.columns.rows import Options, Row
from aptarank.core.errors import InputError
from aptarank.values.measurements import with_point

DEVIATION = "standard_deviation"


class NoiseColumns(NamedTuple):
    """The index of each column, and in words what they are.

    `error_unit` is that of the error column's name; `error_n` the number of measurements by whose
    root its standard deviations are divided.
    """

    replicates: tuple[int, ...] = ()
    error: int | None = None
    error_unit: str = ""
    error_n: int = 1
    in_words: str = ""


def noise_columns(header: list[str], options: Options, source: Path) -> NoiseColumns:
    """Find the columns of replicates or of errors.

    Raises:
        InputError: no such column, or it is not known what an error is.
    """
    if options.replicates:
        indices = [column_index(header, name, "replicates", source) for name in options.replicates]
        names = ", ".join(column_in_words(header[index]) for index in indices)
        if len(set(indices)) < len(indices):
            raise InputError(
                f"{source}, line 1: replicates names a column twice: {names}; name each once"
            )
        if len({unit_of(header[index]) for index in indices}) > 1:
            raise InputError(
                f"{source}, line 1: the replicates {names} are not in one unit; expected the same "
                "in all"
            )
        return NoiseColumns(tuple(indices), in_words=f"the mean of {names}")
    if not options.error:
        return NoiseColumns()
    index = column_index(header, options.error, "error", source)
    name = column_in_words(header[index])
    kind = options.error_kind or error_kind_of(header[index])
    if not kind:
        raise InputError(
            f"{source}, line 1: is {name} a standard error or a standard deviation?\nSay "
            "--error-kind standard_error or --error-kind standard_deviation (in the config: "
            "datasets.<name>.error_kind)."
        )
    if kind != DEVIATION:
        return NoiseColumns((), index, unit_of(header[index]), in_words=f"{name}, a standard error")
    if options.error_n is None:
        raise InputError(
            f"{source}, line 1: {name} is a standard deviation; of how many measurements is each "
            "score the mean?\nSay --error-n 3 if of three, --error-n 1 if it is a single one (in "
            "the config: datasets.<name>.error_n)."
        )
    words = f"{name}, a standard deviation of {options.error_n} measurements"
    return NoiseColumns((), index, unit_of(header[index]), options.error_n, words)


def with_noise(row: Row, fields: list[str], columns: NoiseColumns, decimal: str) -> Row:
    """A row with its replicates and its error; with a problem where a decimal sign is wrong."""
    try:
        if columns.replicates:
            texts = tuple(with_point(fields[i].strip(), decimal) for i in columns.replicates)
            return row._replace(replicates=texts, score=" | ".join(texts))
        if columns.error is not None:
            text = with_point(fields[columns.error].strip(), decimal)
            unit = columns.error_unit
            return row._replace(error=text, error_unit=unit, error_n=columns.error_n)
    except ValueError as reason:
        return row._replace(problem=row.problem or str(reason))
    return row
