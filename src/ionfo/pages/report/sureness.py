"""How sure the findings are, and whether the sample behind them can be believed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...analysis import LONG_CHAIN
from ...analysis.figures.names import readable
from ...sampling.runs.quality import Quality
from ...tables.book import book_of
from .scale import signed, span
from .tables import Material, weights

_FEWEST_INDEPENDENT = 200


def extreme_row(curves: pd.DataFrame, statistic: str) -> pd.Series[Any]:
    """Give the order at which an extreme is most extreme."""
    own = curves[curves["statistic"] == statistic].reset_index(drop=True)
    column = "corrected_nats" if "corrected_nats" in own else "raw_nats"
    values = own[column].to_numpy(np.float64)
    return own.iloc[int(np.argmin(values) if statistic == "min" else np.argmax(values))]


def is_beyond(row: pd.Series[Any]) -> bool:
    """Whether a value lies beyond its shuffles after adjustment, and its interval beside zero."""
    if "p_adjusted" not in row or not float(row["p_adjusted"]) <= 0.05:
        return False
    low, high = (float(row.get(f"confidence_{side}_nats", np.nan)) for side in ("low", "high"))
    return not low <= 0.0 <= high


def at_a_glance(material: Material, quality: Quality) -> list[str]:
    """Say in two sentences what the reader has to know before anything else."""
    verdict = judged(quality, material)
    draws = importance_of(material)
    worth = material.summary.get("effective_sample_size")
    if draws is not None:
        worth = draws["effective_sample_size"]
    most = "at most " if (material.summary.get("spanned_tau") or np.inf) < LONG_CHAIN else ""
    told = f"Verdict on the sample: {verdict}"
    if worth and verdict != "still settling":
        told += f"; it is worth {most}{worth:.0f} independent models"
    found = [f"{told}."]
    is_largest = setting_of(material, "cost") in (None, "max")
    if material.emodel is not None and is_largest and "cost" in book_of(material.population):
        cost = material.population["cost"].to_numpy(np.float64)
        known = np.isfinite(cost)
        weight = weights(material.population).to_numpy()[known]
        if known.any():
            mean = float(np.average(cost[known], weights=weight))
            found.append(
                f"The feature that fits worst is off by {mean:.1f} experimental SDs in a typical "
                f"model, and by {cost[known].min():.1f} in the best (the cost)."
            )
    return found


def setting_of(material: Material, name: str) -> Any:
    """Give what a run was asked for; None of a table that no run made."""
    settings = material.metadata.get("settings")
    return settings.get(name) if isinstance(settings, Mapping) else None


def importance_of(material: Material) -> Mapping[str, Any] | None:
    """Give what `ionfo collect` found of weighted draws; None of other tables."""
    found = material.metadata.get("importance")
    wanted = {"pareto_k", "effective_sample_size", "n_draws"}
    return found if isinstance(found, Mapping) and wanted <= found.keys() else None


def sure(material: Material) -> list[str]:
    """Set the extremes beside their null, their interval and the other estimator."""
    curves = material.tables.get("o_information_curves")
    if material.is_settling or curves is None:
        return []
    if "corrected_nats" not in curves:
        return ["No null was drawn, so nothing is known of what chance gives."]
    rsi = material.tables.get("redundancy_synergy_curves")
    told = _beside_null(curves, (("min", "lowest"), ("max", "highest")), "O-information")
    for target in material.summary["targets"]:
        if rsi is None:
            break
        own = rsi[rsi["target"] == target]
        told += _beside_null(own, (("min", "lowest"),), f"RSI about the {readable(target)}")
    return told + _beyond_pairs(material)


def _beyond_pairs(material: Material) -> list[str]:
    """Say whether the extremes are more than what pairs of variables tell."""
    found = material.tables.get("o_information_neighbours")
    if found is None or found.empty:
        return []
    more = int((found["p_copula"] <= 0.05).sum())
    return [
        "Both estimators follow from the correlations of pairs alone. Whether small groups hold "
        f"more than their pairs was asked of nearest neighbours: {more} of {len(found)} extreme "
        "groups of three and four do (p at most 0.05)."
    ]


def p_told(row: pd.Series[Any]) -> str:
    """Write an adjusted p, and say where no smaller one can be had from so many shuffles.

    Examples
    --------
    >>> p_told(pd.Series({"p_adjusted": 0.0099, "p": 0.0099, "shuffles": 100}))
    'adjusted p at most 0.0099, the least that 100 shuffles can give'
    >>> p_told(pd.Series({"p_adjusted": 0.2}))
    'adjusted p 0.2'
    """
    p, n = float(row["p_adjusted"]), row.get("shuffles", np.nan)
    if math.isfinite(float(n)) and p <= 1.05 / (1 + float(n)):
        return f"adjusted p at most {p:.2g}, the least that {int(n)} shuffles can give"
    return f"adjusted p {p:.2g}"


def _beside_null(curves: pd.DataFrame, sides: Sequence[tuple[str, str]], what: str) -> list[str]:
    """Set extremes of one measure beside their null, interval and the other estimator."""
    told = []
    for statistic, word in sides:
        row = extreme_row(curves, statistic)
        beyond = "" if float(row["p_adjusted"]) <= 0.05 else "not "
        parts = [
            f"The {word} {what}, {signed(float(row['corrected_nats']))} nats, is {beyond}beyond "
            f"what shuffled rows give ({span(row['null_low_nats'], row['null_high_nats'])}; "
            f"{p_told(row)})"
        ]
        if _is_known(row, "confidence_low_nats"):
            low, high = float(row["confidence_low_nats"]), float(row["confidence_high_nats"])
            zero = ", which holds zero, so it counts for nothing" if low <= 0.0 <= high else ""
            parts.append(f"its 95 % interval over subsamples is {span(low, high)}{zero}")
        if _is_known(row, "other_corrected_nats"):
            other = float(row["other_corrected_nats"])
            inside = _is_inside(other, row)
            parts.append(
                f"the other estimator ({row['other_estimator']}) gives {signed(other)}"
                + ("" if inside else ", outside that interval: the size depends on the estimator")
            )
        told.append("; ".join(parts) + ".")
    return told


def _is_inside(value: float, row: pd.Series[Any]) -> bool:
    if not _is_known(row, "confidence_low_nats"):
        return True
    return float(row["confidence_low_nats"]) <= value <= float(row["confidence_high_nats"])


def _is_known(row: pd.Series[Any], column: str) -> bool:
    return column in row and math.isfinite(float(row[column]))


def judged(quality: Quality, material: Material) -> str:
    """Give the one verdict on the sample.

    Returns
    -------
    str
        ``good``, ``for looking, not for claims``, ``still settling`` or ``not judged``.
    """
    if material.is_settling:
        return "still settling"
    draws = importance_of(material)
    if draws is not None:
        is_good = draws["pareto_k"] < 0.5 and draws["effective_sample_size"] >= _FEWEST_INDEPENDENT
        return "good" if is_good else "for looking, not for claims"
    if not quality.is_chain:
        return "not judged"
    spanned = material.summary.get("spanned_tau") or quality.n_tau
    ess = material.summary.get("effective_sample_size") or quality.ess
    is_good = (
        quality.verdict == "settled"
        and quality.agree
        and spanned >= LONG_CHAIN
        and ess >= _FEWEST_INDEPENDENT
    )
    return "good" if is_good else "for looking, not for claims"


def believed(material: Material, quality: Quality) -> list[str]:
    """Give the verdict on the sample with its numbers, and what to run for a better one."""
    verdict = judged(quality, material)
    if verdict == "not judged":
        taken = "" if quality.n_walkers else ", and are taken as independent"
        return [f"Not judged: {quality.why_not_judged}{taken}."]
    draws = importance_of(material)
    if draws is not None:
        return [
            f"Verdict: {verdict}. {draws['n_draws']} independent draws were weighted; the Pareto k "
            f"of their weights is {draws['pareto_k']:.2f} (good below 0.5), and they are worth "
            f"{draws['effective_sample_size']:.0f} independent models."
        ]
    told = [f"Verdict: {verdict}. {_first_letter(quality.told())}."]
    spanned = material.summary.get("spanned_tau") or quality.n_tau
    if quality.n_steps and math.isfinite(spanned) and spanned < LONG_CHAIN:
        times = LONG_CHAIN / spanned
        told.append(
            f"To make claims, sample about {times:.0f} times as long, which is "
            f"{_round(times * quality.n_steps)} proposals of a walker instead of "
            f"{quality.n_steps}: continue the run with more --steps."
        )
    elif verdict != "good" and not quality.agree:
        told.append("To make claims, sample until the ensembles agree, from two starts or more.")
    return told


def _first_letter(text: str) -> str:
    return text[:1].upper() + text[1:]


def _round(value: float) -> str:
    """Round to two digits, with thousands apart."""
    digits = 10 ** max(int(math.log10(max(value, 1))) - 1, 0)
    return f"{round(value / digits) * digits:,}"
