"""A plate as a page: a drawing of its wells, and the table."""

from html import escape
from pathlib import Path

import pandas as pd

from aptarank.acquisition.plate import ROW_LETTERS, layout
from aptarank.report.html_table import page

# Okabe and Ito's colours, which colour-blind people can distinguish, and a letter for each role.
COLOURS = {"exploit": "#0072B2", "explore": "#E69F00", "control": "#009E73", "replicate": "#CC79A7"}
LABELS = {"exploit": "fit", "explore": "new", "control": "ctrl", "replicate": "rep"}
MEANINGS = {
    "exploit": "expected to be among the fittest",
    "explore": "tells most about the others",
    "control": "measured on each plate, to compare plates",
    "replicate": "measured again",
}
STEP, RADIUS, MARGIN = 40, 16, 30  # pixels
SHOWN = [
    *("well", "name", "sequence", "role", "expected", "expected_low", "expected_high", "unit"),
    *("why", "nearest", "distance", "on_plate"),
]


def write_plate_page(plate: pd.DataFrame, path: Path) -> None:
    """Write the page of a plate (`acquisition.plate.PLATE_COLUMNS`)."""
    shown = plate[[column for column in SHOWN if plate[column].astype(str).str.strip().any()]]
    round_number = plate["round"].iloc[0]
    text = page(shown, f"Plate of round {round_number}: {len(plate)} wells")
    drawing = f"{drawing_of(plate)}\n{legend(plate)}\n<table>"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("<table>", drawing, 1), encoding="utf-8")


def drawing_of(plate: pd.DataFrame) -> str:
    """The wells as SVG; what is in each shows when the pointer is on it."""
    rows, columns = layout(len(plate))
    size = (MARGIN + STEP * columns, MARGIN + STEP * rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" '
        f'width="{size[0]}" role="img" aria-label="The plate" '
        'style="max-width: 100%; font: 12px system-ui, sans-serif">'
    ]
    parts += [label(MARGIN + STEP * (at + 0.5), 18, str(at + 1)) for at in range(columns)]
    parts += [label(12, MARGIN + STEP * (at + 0.6), ROW_LETTERS[at]) for at in range(rows)]
    wells = plate.set_index("well")
    for column in range(columns):
        for row in range(rows):
            name = f"{ROW_LETTERS[row]}{column + 1}"
            x, y = MARGIN + STEP * (column + 0.5), MARGIN + STEP * (row + 0.5)
            if name not in wells.index:
                parts.append(f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="#f1f5f9"/>')
                continue
            well = wells.loc[name]
            title = escape(f"{name}: {well['name']}, {well['role']}\n{well['why']}")
            parts.append(
                f'<g><title>{title}</title><circle cx="{x}" cy="{y}" r="{RADIUS}" '
                f'fill="{COLOURS[well["role"]]}"/>'
                f"{label(x, y + 4, LABELS[well['role']], '#ffffff')}</g>"
            )
    return "\n".join([*parts, "</svg>"])


def label(x: float, y: float, text: str, colour: str = "#475569") -> str:
    """A text of the drawing, centred."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="{colour}">{escape(text)}</text>'


def legend(plate: pd.DataFrame) -> str:
    """What the colours mean, and how many wells each has."""
    counts = plate["role"].value_counts()
    items = [
        f'<li><span style="color: {COLOURS[role]}">●</span> {LABELS[role]}: {role} '
        f"({counts[role]}), {MEANINGS[role]}</li>"
        for role in COLOURS
        if role in counts
    ]
    return f'<ul style="list-style: none; padding: 0">{"".join(items)}</ul>'
