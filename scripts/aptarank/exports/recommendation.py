"""Which variants of a model are worth having: fast, and as accurate."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aptarank.core.markdown import markdown_table
from aptarank.exports.variant_info import is_program


def rows_of(abouts: Sequence[Mapping], timings: pd.DataFrame) -> pd.DataFrame:
    """All that is known of each variant, a row for each batch size and number of threads.

    Args:
        abouts: what `variant.json` of each holds.
        timings: what measure.py writes.

    Returns:
        The timings, with the size, agreement and accuracy of the variant; for one that was skipped
        a row with the reason.
    """
    flat = [
        {
            "variant": about["variant"],
            "skipped": about["skipped"],
            **{key: about.get(key) for key in ("precision", "layers", "bits", "bytes", "size")},
            **{key: about.get(key) for key in ("quantised_products", "products", "note")},
            **about.get("agreement", {}),
            **about.get("test", {}),
            "validation_accuracy_change": about.get("validation", {}).get("accuracy_change"),
        }
        for about in abouts
    ]
    table = pd.DataFrame(flat).merge(timings, on="variant", how="left")
    return table.astype({"threads": "Int64", "batch_size": "Int64", "layers": "Int64"})


def frontier(speedup: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """Whether no other point dominates: as fast and loses less, or faster and loses no more.

    Args:
        speedup, loss: shape (n,).

    Returns:
        bool, shape (n,).
    """
    faster = speedup[:, None] >= speedup[None, :]
    better = loss[:, None] <= loss[None, :]
    strictly = (speedup[:, None] > speedup[None, :]) | (loss[:, None] < loss[None, :])
    dominated = (faster & better & strictly).any(axis=0)
    return np.logical_not(dominated)


def recommended(rows: pd.DataFrame, loss: float) -> pd.Series:
    """The fastest variant that loses no more accuracy on validation; the baseline always does.

    A program is not kept, so that it cannot be used (`aptarank.exports.variant_info` says why).

    Args:
        rows: one a variant, of those that were timed.
    """
    kept = ~rows["variant"].map(is_program)
    faithful = rows[kept & (rows["validation_accuracy_change"] >= -loss)]
    return faithful.loc[faithful["speedup"].idxmax()]


def as_markdown(rows: pd.DataFrame, slow: pd.DataFrame) -> str:
    """Two tables: how fast each variant is, and how near to the model.

    Args:
        rows: one a variant, at the batch size and number of threads that count.
        slow: the same variants with one thread.
    """
    alone = slow.set_index("variant")["speedup"]
    speed, parity = [], []
    for row in rows.to_dict("records"):
        name = f"`{row['variant']}`"
        if isinstance(row["skipped"], str):
            speed.append({"variant": name, "ratio": f"skipped: {row['skipped']}"})
            continue
        products = row["quantised_products"]
        speed.append(
            {
                "variant": name,
                "ratio": f"{row['speedup']:.2f}",
                "with 1 thread": f"{alone[row['variant']]:.2f}",
                "p50 ms": f"{row['p50_ms']:.2f}",
                "p95 ms": f"{row['p95_ms']:.2f}",
                "per second": f"{row['throughput']:,.0f}",
                "load s": f"{row['load_s']:.2f}",
                "memory MiB": f"{row['memory_mib']:.0f}",
                "file MB": f"{row['bytes'] / 1e6:.2f}",
                "of the weights": f"{row['size']:.2f}",
                "int8 products": ""
                if pd.isna(products)
                else f"{products:.0f} of {row['products']:.0f}",
                "note": row["note"],
            }
        )
        parity.append(
            {
                "variant": name,
                "largest difference": f"{row['largest_difference']:.1e}",
                "mean": f"{row['mean_difference']:.1e}",
                "tolerance": f"{row['tolerance']:g}",
                "changed predictions": f"{row['changed_predictions']:.2%}",
                "accuracy": f"{row['accuracy']:.4f}",
                **{
                    what: f"{row[f'{key}_change']:+.4f} ({row[f'{key}_change_low']:+.4f} to "
                    f"{row[f'{key}_change_high']:+.4f})"
                    for what, key in (("change (95 %)", "accuracy"), ("AUC's change", "roc_auc"))
                },
                "tau's change": f"{row['kendall_tau_change']:+.4f}",
            }
        )
    return "\n\n".join(markdown(table) for table in (speed, parity)) + "\n"


def markdown(records: list[dict]) -> str:
    """Rows as a Markdown table, with the columns of the longest."""
    columns = max(records, key=len)
    rows = [[record.get(column) or "" for column in columns] for record in records]
    return markdown_table(list(columns), rows)
