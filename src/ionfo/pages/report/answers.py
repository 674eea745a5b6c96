"""The top of the page: what acts together, how sure that is, and whether to believe the sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...analysis import LONG_CHAIN
from ...analysis.figures.names import readable, readable_names
from ...analysis.figures.spectra import minimal_set
from ...analysis.uncertainty.convergence import HIGHEST_R_HAT
from ...sampling.runs.quality import Quality
from .glossary import TERMS
from .scale import amount, correlation_of, listed, signed, span
from .section import Cell, Section
from .tables import Material

_MOST_CHANCE = 0.6
"""Larger groups hold nearly every variable, so that taking part in them says little."""
_MOST_NAMED = 4
_OFTEN = 0.5
"""Part of the subsamples in which a group must be extreme again to be named."""
_FEWEST_INDEPENDENT = 200


def in_short(material: Material, quality: Quality, cautions: list[str]) -> Section:
    """Answer the three questions that a reader has first.

    Parameters
    ----------
    material : Material
        What was analysed.
    quality : Quality
        The account of the sample.
    cautions : list of str
        What stands against believing it, the gravest first.
    """
    section = Section("answers", "In short", cautions=cautions)
    section.questions = [
        ("Which conductances act together?", together(material)),
        ("How sure is that?", sure(material)),
        ("Can the sample be believed?", _believed(material, quality)),
    ]
    section.questions = [one for one in section.questions if one[1]]
    section.tables = _extremes_table(material)
    section.terms = list(TERMS)
    return section


def members(told: object, names: list[str]) -> list[str]:
    """Take a group of a table apart; names may hold spaces.

    Examples
    --------
    >>> members("a b c", ["a", "b c", "d"])
    ['a', 'b c']
    """
    return [name for name in names if f" {name} " in f" {told} "]


def _group_told(group: list[str], short: dict[str, str]) -> str:
    """List the members, or of a large group those that are left out."""
    left = [short[one] for one in short if one not in group]
    if not left:
        return "all"
    if len(left) < len(group) / 2:
        return f"all but {listed(left)}"
    return ", ".join(short[one] for one in group)


def _row(curves: pd.DataFrame, statistic: str) -> pd.Series[Any]:
    """Give the order at which an extreme is most extreme."""
    own = curves[curves["statistic"] == statistic].reset_index(drop=True)
    column = "corrected_nats" if "corrected_nats" in own else "raw_nats"
    values = own[column].to_numpy(np.float64)
    return own.iloc[int(np.argmin(values) if statistic == "min" else np.argmax(values))]


def _is_beyond(row: pd.Series[Any]) -> bool:
    return "p_adjusted" in row and float(row["p_adjusted"]) <= 0.05


def together(material: Material) -> list[str]:
    """Name the groups of the extremes, what they share, the pairs that count and the targets."""
    spectrum = material.tables.get("o_information")
    curves = material.tables.get("o_information_curves")
    if material.is_settling or spectrum is None or curves is None:
        return _no_names(material)
    names = material.parameters
    told = []
    for statistic, word, least in (
        ("min", "synergistic", "negative"),
        ("max", "redundant", "positive"),
    ):
        row = _row(curves, statistic)
        value = float(row["corrected_nats"] if "corrected_nats" in row else row["raw_nats"])
        if (value >= 0) == (statistic == "min"):
            told.append(f"No group is {word}: no value is {least}.")
            continue
        if "p_adjusted" in row and not _is_beyond(row):
            told.append(
                f"No {word} group is beyond what shuffled rows give (adjusted p "
                f"{row['p_adjusted']:.2g}), so none is named."
            )
            continue
        told.append(_extreme(spectrum, statistic, word, value, names))
        told += core(material, statistic, word)
        told += _recurring(material, word)
    return told + _pairs(material) + _about_targets(material)


def _extreme(
    spectrum: pd.DataFrame, statistic: str, word: str, value: float, names: list[str]
) -> str:
    """Name the smallest group that comes near the extreme; the extreme itself may be large."""
    sign = 1 if statistic == "min" else -1
    raw = sign * spectrum[f"{statistic}_nats"].to_numpy(np.float64)
    at, best = minimal_set(raw), int(np.argmin(raw))
    group = [readable(one) for one in members(spectrum[f"{statistic}_multiplet"].iloc[at], names)]
    if at == best:
        return f"The most {word} group of all is {listed(group)}: {amount(value)}."
    return (
        f"The most {word} groups: {listed(group)} together reach at least 90 % of the "
        f"{'lowest' if statistic == 'min' else 'highest'} value of all, which is {amount(value)}."
    )


def core(material: Material, statistic: str, word: str) -> list[str]:
    """Name the few variables that carry most of an extreme, from what replicates find again."""
    found = material.tables.get("o_information_extremes")
    if found is None or "recurrence" not in found:
        return []
    side, sign = ("lowest", 1.0) if statistic == "min" else ("highest", -1.0)
    of_side = found[found["side"] == side]
    best = (sign * of_side["raw_nats"]).min()
    few = of_side[
        (of_side["order"] <= _MOST_NAMED)
        & (of_side["p_adjusted"] <= 0.05)
        & (of_side["recurrence"] >= _OFTEN)
        & (sign * of_side["raw_nats"] < 0)
    ]
    if few.empty:
        return [f"No small {word} group is found again in most subsamples."]
    core = few.iloc[int(np.argmin(sign * few["raw_nats"].to_numpy(np.float64)))]
    group = [readable(one) for one in members(core["multiplet"], material.parameters)]
    share = float(sign * core["raw_nats"] / best)
    if share > 0.995:
        return []
    return [
        f"{100 * share:.0f} % of it is carried by {listed(group)} alone "
        f"({signed(core['raw_nats'])} nats raw; among the extremes of their size in "
        f"{100 * core['recurrence']:.0f} % of subsamples)."
    ]


def _no_names(material: Material) -> list[str]:
    if material.is_settling:
        return ["The chains are still settling, so no group is named and nothing gets a verdict."]
    return []


def _recurring(material: Material, word: str) -> list[str]:
    """Name the variables that most of the extreme groups share, and those that take no part."""
    found = material.tables.get("o_information_frequencies")
    if found is None:
        return []
    found = found[found["by_chance"] <= _MOST_CHANCE]
    if found.empty:
        return []
    mean = found.groupby("variable", sort=False)[[f"most_{word}", "by_chance"]].mean()
    chance = float(mean["by_chance"].iloc[0])
    share = mean[f"most_{word}"].sort_values(ascending=False, kind="stable")
    core = share[share >= min(2 * chance, 0.5 * (1 + chance))].head(_MOST_NAMED)
    if core.empty:
        return [f"No variable stands out among the most {word} 5 % of groups."]
    parts = [f"{readable(str(name))} ({100 * value:.0f} %)" for name, value in core.items()]
    sentence = (
        f"The most {word} 5 % of groups mostly hold {listed(parts)}; chance would give "
        f"{100 * chance:.0f} %."
    )
    absent = [readable(str(name)) for name in share[share < 0.5 * chance].index[::-1]]
    if absent:
        shown = absent[:_MOST_NAMED]
        more = f" and {len(absent) - len(shown)} more" if len(absent) > len(shown) else ""
        sentence += (
            f" {', '.join(shown)}{more} hardly {'take' if len(absent) > 1 else 'takes'} part."
        )
    return [sentence]


def _pairs(material: Material) -> list[str]:
    found = material.tables.get("mutual_information_pairs")
    if found is None:
        return []
    counted = found[found["is_significant"]].sort_values("corrected_nats", ascending=False)
    if counted.empty:
        return [
            f"None of {len(found)} pairs depends on each other by at least 0.1 nats after "
            "adjustment for their number."
        ]
    parts = [
        f"{readable(str(one['x']))} with {readable(str(one['y']))} "
        f"({signed(float(one['corrected_nats']))} nats, as a correlation of "
        f"{correlation_of(float(one['corrected_nats'])):.2f})"
        for one in counted.head(_MOST_NAMED).to_dict("records")
    ]
    which = "The strongest pairs are" if len(parts) > 1 else "The strongest pair is"
    return [f"{which} {listed(parts)}; {len(counted)} of {len(found)} count."]


def _about_targets(material: Material) -> list[str]:
    told = []
    spectra = material.tables.get("redundancy_synergy")
    curves = material.tables.get("redundancy_synergy_curves")
    if spectra is None or curves is None:
        return []
    for target in material.summary["targets"]:
        row = _row(curves[curves["target"] == target], "min")
        if "p_adjusted" in row and not _is_beyond(row):
            told.append(
                f"No group tells more about the {readable(target)} together than its members do "
                "one by one, beyond what shuffled rows give."
            )
            continue
        own = spectra[spectra["target"] == target].reset_index(drop=True)
        lowest = own["min_nats"].to_numpy(np.float64)
        at = minimal_set(lowest)
        if lowest[at] >= 0:
            continue
        group = [readable(one) for one in members(own["min_multiplet"][at], material.parameters)]
        told.append(
            f"About the {readable(target)}, {listed(group)} together tell "
            f"{abs(lowest[at]):.3f} nats more than one by one (raw){_predicting(own, at)}."
        )
    return told


def _predicting(spectrum: pd.DataFrame, at: int) -> str:
    """Say which share of a feature's variance a group predicts, and what its members do."""
    if "min_predicted_share" not in spectrum:
        return ""
    row = spectrum.iloc[at]
    return (
        f": they predict {100 * row['min_predicted_share']:.0f} % of its variance, the best of "
        f"them alone {100 * row['min_predicted_share_alone']:.0f} %"
    )


def sure(material: Material) -> list[str]:
    """Set the extremes beside their null, their interval and the other estimator."""
    curves = material.tables.get("o_information_curves")
    if material.is_settling or curves is None:
        return []
    if "corrected_nats" not in curves:
        return ["No null was drawn, so nothing is known of what chance gives."]
    rsi = material.tables.get("redundancy_synergy_curves")
    told = _beside_null(curves, (("min", "lowest"), ("max", "highest")), "value")
    for target in material.summary["targets"]:
        if rsi is None:
            break
        own = rsi[rsi["target"] == target]
        told += _beside_null(own, (("min", "lowest"),), f"RSI about the {readable(target)}")
    return told


def _beside_null(curves: pd.DataFrame, sides: Sequence[tuple[str, str]], what: str) -> list[str]:
    """Set extremes of one measure beside their null, interval and the other estimator."""
    told = []
    for statistic, word in sides:
        row = _row(curves, statistic)
        beyond = "" if _is_beyond(row) else "not "
        parts = [
            f"The {word} {what}, {signed(float(row['corrected_nats']))} nats, is {beyond}beyond "
            f"what shuffled rows give ({span(row['null_low_nats'], row['null_high_nats'])}; "
            f"adjusted p {row['p_adjusted']:.2g})"
        ]
        if _is_known(row, "confidence_low_nats"):
            parts.append(
                "its 95 % interval over replicates is "
                f"{span(row['confidence_low_nats'], row['confidence_high_nats'])}"
            )
        if _is_known(row, "other_corrected_nats"):
            parts.append(
                f"the other estimator ({row['other_estimator']}) gives "
                f"{signed(float(row['other_corrected_nats']))}"
            )
        told.append("; ".join(parts) + ".")
    return told


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
    if not quality.is_chain:
        return "not judged"
    spanned = material.summary.get("spanned_tau") or quality.n_tau
    ess = material.summary.get("effective_sample_size") or quality.ess
    is_good = (
        quality.verdict == "settled"
        and quality.r_hat <= HIGHEST_R_HAT
        and spanned >= LONG_CHAIN
        and ess >= _FEWEST_INDEPENDENT
    )
    return "good" if is_good else "for looking, not for claims"


def _believed(material: Material, quality: Quality) -> list[str]:
    verdict = judged(quality, material)
    if verdict == "not judged":
        return ["Not judged: the rows form no chains, and are taken as independent."]
    told = [f"Verdict: {verdict}. {_first_letter(quality.told())}."]
    spanned = material.summary.get("spanned_tau") or quality.n_tau
    if quality.n_steps and math.isfinite(spanned) and spanned < LONG_CHAIN:
        times = LONG_CHAIN / spanned
        told.append(
            f"To make claims, sample about {times:.0f} times as long, which is "
            f"{_round(times * quality.n_steps)} proposals of a walker instead of "
            f"{quality.n_steps}: continue the run with more --steps."
        )
    elif verdict != "good" and not quality.r_hat <= HIGHEST_R_HAT:
        told.append("To make claims, sample until the ensembles agree, from two starts or more.")
    return told


def _first_letter(text: str) -> str:
    return text[:1].upper() + text[1:]


def _round(value: float) -> str:
    """Round to two digits, with thousands apart."""
    digits = 10 ** max(int(math.log10(max(value, 1))) - 1, 0)
    return f"{round(value / digits) * digits:,}"


def _extremes_table(
    material: Material,
) -> list[tuple[str, list[str], Sequence[Sequence[Cell]]]]:
    """List the extreme groups of each order with their members."""
    spectrum = material.tables.get("o_information")
    if spectrum is None or material.is_settling:
        return []
    names = material.parameters
    short = dict(zip(names, readable_names(names), strict=True))
    rows: list[list[Cell]] = []
    for row in spectrum.to_dict("records"):
        cells: list[Cell] = [str(int(row["order"]))]
        for side in ("min", "max"):
            group = members(row[f"{side}_multiplet"], names)
            cells.append(signed(float(row[f"{side}_nats"])))
            cells.append((_group_told(group, short), ", ".join(group)))
        rows.append(cells)
    head = ["size", "lowest (nats)", "most synergistic group", "highest (nats)",
            "most redundant group"]  # fmt: skip
    return [("Extreme groups of every size, raw values; hovering shows the full names", head, rows)]
