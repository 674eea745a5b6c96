"""The top of the page: what acts together, how sure that is, and whether to believe the sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...analysis.figures.names import readable, readable_names
from ...analysis.figures.spectra import minimal_set
from ...sampling.runs.quality import Quality
from .glossary import TERMS
from .scale import amount, correlation_of, listed, signed
from .section import Cell, Section
from .sureness import at_a_glance, believed, extreme_row, is_beyond, sure
from .tables import Material

_MOST_CHANCE = 0.6
"""Larger groups hold nearly every variable, so that taking part in them says little."""
_MOST_NAMED = 4
_OFTEN = 0.5
"""Part of the subsamples in which a group must be extreme again to be named."""


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
        ("At a glance", at_a_glance(material, quality)),
        ("Which conductances act together?", together(material)),
        ("How sure is that?", sure(material)),
        ("Can the sample be believed?", believed(material, quality)),
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
        row = extreme_row(curves, statistic)
        value = float(row["corrected_nats"] if "corrected_nats" in row else row["raw_nats"])
        if (value >= 0) == (statistic == "min"):
            told.append(f"No group is {word}: no value is {least}.")
            continue
        if "p_adjusted" in row and not is_beyond(row):
            told.append(
                f"No {word} group is named: the {'lowest' if statistic == 'min' else 'highest'} "
                f"O-information, {signed(value)} nats, is not beyond chance (see below)."
            )
            continue
        told += core(material, statistic, word)
        told.append(_extreme(spectrum, statistic, word, value, names))
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
        return (
            f"The most {word} group of all is {listed(group)}, with an O-information of "
            f"{amount(value)}."
        )
    extreme = "lowest" if statistic == "min" else "highest"
    return (
        f"The smallest group that comes near the {extreme} O-information of all, {amount(value)}, "
        f"is {listed(group)}, with {100 * raw[at] / raw[best]:.0f} % of it (raw)."
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
        f"The core of the {word} groups is {listed(group)}: alone they have "
        f"{signed(core['raw_nats'])} nats, {100 * share:.0f} % of the most extreme raw value, and "
        f"are among the extremes of their size in {100 * core['recurrence']:.0f} % of subsamples."
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
    largest = int(found["order"].max())
    mean = found.groupby("variable", sort=False)[[f"most_{word}", "by_chance"]].mean()
    chance = float(mean["by_chance"].iloc[0])
    share = mean[f"most_{word}"].sort_values(ascending=False, kind="stable")
    core = share[share >= min(2 * chance, 0.5 * (1 + chance))].head(_MOST_NAMED)
    if core.empty:
        return [f"No variable is in most of the most {word} 5 % of groups."]
    parts = [f"{readable(str(name))} ({100 * value:.0f} %)" for name, value in core.items()]
    sentence = (
        f"Of groups of up to {largest} variables the most {word} 5 % mostly hold {listed(parts)}; "
        f"chance would give {100 * chance:.0f} %."
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
        f"{correlation_of(float(one['corrected_nats'])):.2f}"
        f"{_direction(material, str(one['x']), str(one['y']))})"
        for one in counted.head(_MOST_NAMED).to_dict("records")
    ]
    which = "The strongest pairs are" if len(parts) > 1 else "The strongest pair is"
    return [f"{which} {listed(parts)}; {len(counted)} of {len(found)} count."]


def _direction(material: Material, x: str, y: str) -> str:
    """Say whether two columns rise together; nothing where their ranks hardly tell."""
    try:
        ranks = pd.DataFrame({"x": material.column(x), "y": material.column(y)}).rank()
    except KeyError:
        return ""
    r = float(ranks["x"].corr(ranks["y"]))
    if not abs(r) >= 0.1:
        return ", neither rising nor falling together"
    return (
        "; more of one goes with more of the other"
        if r > 0
        else ("; more of one goes with less of the other")
    )


def _about_targets(material: Material) -> list[str]:
    told = []
    spectra = material.tables.get("redundancy_synergy")
    curves = material.tables.get("redundancy_synergy_curves")
    if spectra is None or curves is None:
        return []
    for target in material.summary["targets"]:
        row = extreme_row(curves[curves["target"] == target], "min")
        if "p_adjusted" in row and not is_beyond(row):
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
