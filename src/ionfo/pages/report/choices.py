"""What hangs on choices: scale, temperature, limit of cost, and what pairs do not tell."""

from __future__ import annotations

from typing import Any

import numpy as np

from .section import Section
from .tables import Material

_N_MULTIPLETS = 10


def choices(material: Material) -> Section:
    """Tell how the extremes change with the choices, and whether pairs are all there is."""
    section = Section("choices", "What hangs on choices")
    frame = material.tables.get("sensitivity")
    if frame is not None:
        section.words.append(
            "The Gaussian estimator changes with the scale of a variable, the copula does not. "
            "Other temperatures and limits of cost reweigh or drop the same rows; the fewer "
            "effective rows are left, the less such a line says."
        )
        rows = [
            [
                str(row["what"]),
                str(row["setting"]),
                _number(row["effective_rows"], 0),
                _extreme(row["lowest_nats"], row["lowest_order"]),
                _extreme(row["highest_nats"], row["highest_order"]),
                _signed(row["mean_at_largest_order_nats"]),
            ]
            for row in frame.to_dict("records")
        ]
        heading = ["choice", "setting", "effective rows", "lowest (nats)", "highest (nats)",
                   "mean at the largest order (nats)"]  # fmt: skip
        section.tables.append(("O-information, corrected for bias", heading, rows))
    beyond = material.summary.get("beyond_pairs")
    if isinstance(beyond, dict):
        section.words += _beyond(beyond)
    chosen = material.tables.get("o_information_neighbours")
    if chosen is not None and len(chosen):
        rows = [
            [
                str(row["multiplet"]),
                _signed(row["corrected_nats"]),
                _signed(row["copula_nats"]),
                _number(row["p_independent"], 3),
                _number(row["p_copula"], 3),
            ]
            for row in chosen.head(_N_MULTIPLETS).to_dict("records")
        ]
        heading = ["multiplet", "neighbours (nats)", "copula (nats)", "p, independent",
                   "p, no more than pairs"]  # fmt: skip
        section.tables.append(("Extreme multiplets of orders 3 and 4, again", heading, rows))
    return section


def _beyond(summary: dict[str, object]) -> list[str]:
    told = ["Both estimators know the models by their pairs."]
    for word in ("third", "fourth"):
        one = summary.get(f"{word}_order")
        if isinstance(one, dict):
            told.append(
                f"Of {one['co_moments']} co-moments of {word} order {one['beyond_gaussian']} "
                "differ from those of a Gaussian copula with the same pairs (root mean square t "
                f"{one['root_mean_square_t']:.2f}, 1 by chance)."
            )
    return [" ".join(told)]


def _number(value: Any, digits: int) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "not known"


def _signed(value: Any) -> str:
    return f"{value:+.3f}" if np.isfinite(value) else "too few rows"


def _extreme(value: Any, order: Any) -> str:
    told = _signed(value)
    return told if told == "too few rows" else f"{told} at order {order}"
