"""The report in words: what was found with its errors, how good the sample is, how it was done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...analysis import LONG_CHAIN
from ...analysis.figures.names import readable
from ...analysis.measures.estimators import ESTIMATOR_NAMES
from ...sampling.runs.quality import Quality
from ...tables.book import book_of
from .scale import signed, span
from .section import Section
from .sureness import believed, importance_of
from .tables import Material, weights


def in_words(material: Material) -> Section:
    """Give the findings, each with its error or its test."""
    summary = material.summary
    section = Section("summary", "The numbers in words")
    rows = f"{summary['rows']} models ({summary['distinct_rows']} distinct"
    ess = _worth(summary)
    rows += f", effective sample size {ess})" if ess else ", rows taken as independent)"
    section.words.append(
        f"{rows}, {len(material.parameters)} parameters that vary, {len(material.features)} "
        f"features that vary.{_cost(material)}"
    )
    section.words += [f"{one[:1].upper()}{one[1:]}." for one in summary.get("columns", ())]
    section.words.append(_curve_words(material, "o_information_curves", None, "O-information"))
    for target in summary["targets"]:
        section.words.append(
            _curve_words(
                material,
                "redundancy_synergy_curves",
                target,
                f"RSI about the {readable(target)} ({target})",
            )
        )
    n_pairs = len(material.parameters) * (len(material.parameters) - 1) // 2
    if summary.get("significant_pairs") is not None and not material.is_settling:
        section.words.append(
            f"{summary['significant_pairs']} of {n_pairs} pairs of parameters depend on each other "
            "by at least 0.1 nats after adjustment for the number of pairs."
        )
    section.words = [one for one in section.words if one]
    return section


def _cost(material: Material) -> str:
    if "cost" not in book_of(material.population):
        return ""
    cost = material.population["cost"].to_numpy(np.float64)
    known = np.isfinite(cost)
    if not known.any():
        return ""
    mean = float(np.average(cost[known], weights=weights(material.population).to_numpy()[known]))
    return f" Cost from {cost[known].min():.2f} to {cost[known].max():.2f}, mean {mean:.2f}."


def _curve_words(material: Material, table: str, target: str | None, name: str) -> str:
    """Mean with its confidence, extremes with their tests."""
    curves = material.tables.get(table)
    if curves is None:
        return ""
    if target is not None:
        curves = curves[curves["target"] == target]
    if "corrected_nats" not in curves:
        return f"{name}: no null was drawn, so extremes are not interpreted."
    is_sample = material.summary.get("chains") != "still settling"
    told = []
    for statistic, word in (("min", "lowest"), ("max", "highest")):
        if target is not None and statistic == "max":
            continue
        own = curves[curves["statistic"] == statistic].reset_index(drop=True)
        side = np.argmin if statistic == "min" else np.argmax
        at = int(side(own["corrected_nats"].to_numpy(np.float64)))
        row = own.iloc[at]
        beyond = own[own["p_adjusted"] <= 0.05]["order"].tolist()
        words = (
            f"beyond its shuffles at {_orders(beyond)}" if beyond
            else "nowhere beyond its shuffles (adjusted p > 0.05)"
        )  # fmt: skip
        if not is_sample:
            words = "not judged, since the chains are still settling"
        told.append(
            f"the {word} value is {signed(row['corrected_nats'])} nats at order "
            f"{int(row['order'])} (raw {signed(row['raw_nats'])}, null "
            f"{span(row['null_low_nats'], row['null_high_nats'])})"
            + ("" if material.is_settling else f" and is {words}")
        )
    if "other_estimator" in curves:
        other = curves["other_estimator"].iloc[0]
        lowest = curves.loc[curves["statistic"] == "min", "other_corrected_nats"].min()
        highest = curves.loc[curves["statistic"] == "max", "other_corrected_nats"].max()
        kind = ESTIMATOR_NAMES.get(str(other), str(other))
        told.append(
            f"the {kind} estimator beside it gives {lowest:+.3f}"
            + (f" to {highest:+.3f}" if target is None else "")
            + " nats"
        )
    mean = curves[curves["statistic"] == "mean"].iloc[-1]
    error = ""
    if "confidence_low_nats" in mean:
        low, high = float(mean["confidence_low_nats"]), float(mean["confidence_high_nats"])
        if math.isfinite(low):
            error = f" (95 % confidence {span(low, high)})"
    return (
        f"{name}, corrected for bias: {'; '.join(told)}; the mean at the largest order is "
        f"{signed(mean['corrected_nats'])} nats{error}."
    )


def _orders(orders: list[int]) -> str:
    if len(orders) > 2 and orders == list(range(orders[0], orders[-1] + 1)):
        return f"orders {orders[0]} to {orders[-1]}"
    return f"order{'s' if len(orders) > 1 else ''} {', '.join(map(str, orders))}"


def cautions(material: Material, quality: Quality) -> list[str]:
    """Say what stands against believing the findings, the gravest first."""
    found = []
    if material.summary.get("rows_assumed_independent") and importance_of(material) is None:
        found.append("Rows are taken as independent, since nothing says which chain they are of.")
    is_short = _is_short(material.summary)
    # the rows analysed may mix more slowly than the parameters alone: one number is enough
    found += [one for one in quality.cautions() if not (is_short and "autocorrelation" in one)]
    if is_short:
        found.append(
            f"The shortest walker spans {material.summary['spanned_tau']:.1f} autocorrelation "
            f"times, less than {LONG_CHAIN:.0f}; the sample may be worth far less."
        )
    if material.summary.get("multiplets") is None:
        found.append("Multiplets were drawn, and extremes are those of the ones drawn.")
    return found


def _worth(summary: Mapping[str, Any]) -> str | None:
    """Give the effective sample size, and whether it is the most that it can be."""
    ess = summary.get("effective_sample_size")
    most = "at most " if _is_short(summary) else ""
    return f"{most}{ess:.0f}" if ess else None


def _is_short(summary: Mapping[str, Any]) -> bool:
    spanned = summary.get("spanned_tau")
    return spanned is not None and spanned < LONG_CHAIN


def sampling(material: Material, quality: Quality) -> Section:
    """Tell acceptance, effective sample size and R-hat."""
    section = Section("sampling", "Sampling quality")
    told = [f"{quality.n_models} models"]
    if quality.n_walkers:
        told.append(
            f"{quality.n_walkers} walkers in {quality.n_ensembles} ensembles"
            + (f" of {quality.n_steps} proposals each" if quality.n_steps else "")
        )
    kish = material.summary.get("kish_effective_sample_size")
    if kish:
        told.append(f"Kish's effective size of the weights {kish:.0f}")
    ess = _worth(material.summary)
    if ess:
        told.append(f"effective sample size of the rows and variables analysed {ess}")
    section.words.append(", ".join(told) + ".")
    draws = importance_of(material)
    if draws is not None:
        section.words.append(
            f"{'; '.join(believed(material, quality))} Their draws were ends of "
            "long walks on what was learned, which the chains' tests do not concern."
        )
        return section
    if not quality.is_chain:
        section.words.append(f"The chains are not judged: {quality.why_not_judged}.")
        return section
    section.words.append(f"Chains: {quality.told()}.")
    if quality.ess_between is not None:
        size, low, high = quality.ess_between
        section.words.append(
            f"The means of the ensembles lie as far apart as those of {size:.0f} independent "
            f"models would (95 %: {low:.0f} to {high:.0f})."
        )
    if quality.overlap is not None:
        section.words.append(
            f"A linear rule that tells the models of two ensembles from each other leaves an "
            f"overlap of {quality.overlap:.2f} at the least (1: nothing tells them apart; 0: they "
            "sit in different regions)."
        )
    section.words.append(
        "The test for drift compares the last third of every walker with its first third; walkers, "
        "and ensembles where they move as one, are its replicates. R-hat compares the halves of "
        "independent ensembles, the walkers of one pooled; none is given for a single ensemble, or "
        "where all began at one place. ArviZ on the exported file takes every walker for a chain "
        "of its own and finds a larger R-hat in short walkers. ESS counts walkers x proposals over "
        "the autocorrelation time; chains with gaps, as after a bound on the cost, have none."
    )
    rows = [
        [str(row["parameter"]), _number(row["r_hat"], 3), _number(row["tau"], 1),
         _number(row["ess"], 0)]
        for row in sorted(
            quality.parameters.to_dict("records"), key=lambda one: -_or_large(one["r_hat"])
        )
    ]  # fmt: skip
    rows += [[name, _number(r_hat, 3), "", ""]
             for name, r_hat in (quality.r_hat_beside or {}).items()]  # fmt: skip
    section.tables.append(
        ("Parameters, the worst first", ["parameter", "R-hat", "tau (proposals)", "ESS"], rows)
    )
    return section


def _or_large(value: Any) -> float:
    return float(value) if math.isfinite(float(value)) else math.inf


def _number(value: Any, digits: int) -> str:
    value = float(value)
    return f"{value:.{digits}f}" if math.isfinite(value) else "not defined"
