"""The page and the figures say the same, by the same names and in the same colours."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from ionfo.analysis.figures.colours import DIVERGING
from ionfo.analysis.figures.names import readable
from ionfo.analysis.figures.style import DIVERGING_MAP
from ionfo.analysis.figures.tables import frequency_figure
from ionfo.pages.report.answers import core, together
from ionfo.pages.report.methods import sampling_method
from ionfo.pages.report.page import NAME, page_text
from ionfo.pages.report.sections import o_information
from ionfo.pages.report.tables import Material, read_material

Analysed = tuple[Path, Path]


@pytest.fixture(scope="module")
def material(analysed: Analysed) -> Material:
    return read_material(*analysed)


def words_of(page: str) -> str:
    body = page.partition("<main>")[2].partition("</main>")[0]
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", body)))


def test_page_and_picture_map_the_same_numbers_to_the_same_colours(material: Material) -> None:
    chart = o_information(material).charts[1][1]
    scale = chart["data"][0]["colorscale"]
    figure = frequency_figure(material.tables["o_information_frequencies"])
    image = figure.axes[0].images[0]
    for share, colour in scale:
        assert to_hex(DIVERGING_MAP(share)).upper() == colour
    assert image.get_cmap() == DIVERGING_MAP and DIVERGING[2] == "#FFFFFF"
    # more is at the same end in both, and zero in the middle of both
    assert chart["data"][0]["zmin"] == -chart["data"][0]["zmax"]
    low, high = image.get_clim()
    assert low == -high == chart["data"][0]["zmin"]
    np.testing.assert_allclose(
        np.array(chart["data"][0]["z"], dtype=float), np.asarray(image.get_array()), atol=1e-4
    )
    shown = [one.get_text() for one in figure.axes[0].get_yticklabels()]
    assert shown == chart["layout"]["yaxis"]["ticktext"]
    assert shown == [readable(name) for name in material.parameters]


def test_the_page_names_the_group_of_the_summary(analysed: Analysed, material: Material) -> None:
    found = material.tables["o_information"].sort_values("min_nats").iloc[0]
    told = words_of((analysed[0] / NAME).read_text())
    row = f"{int(found['order'])} {found['min_nats']:+.3f}"
    assert row in told
    names = [readable(one) for one in material.parameters if f" {one} " in
             f" {found['min_multiplet']} "]  # fmt: skip
    left = [readable(one) for one in material.parameters if readable(one) not in names]
    listed = told.partition(row)[2]
    assert listed.strip().startswith(
        ", ".join(names) if len(left) >= len(names) / 2 else "all but" if left else "all"
    )


def test_small_numbers_are_never_printed_as_minus_nothing(material: Material) -> None:
    curves = material.tables["o_information_curves"]
    tiny = curves.assign(null_low_nats=-1e-6, null_high_nats=2e-7)
    told = words_of(page_text(
        replace(material, tables={**material.tables, "o_information_curves": tiny})
    ))  # fmt: skip
    assert "-0.000" not in told.replace("-0.0001", "") and "within 0.0001 of zero" in told


def test_nothing_gets_a_verdict_while_chains_settle(material: Material) -> None:
    settling = replace(material, summary={**material.summary, "chains": "still settling"})
    told = words_of(page_text(settling))
    assert "Verdict: still settling" in told
    for words in ("beyond", "pairs count", "adjusted p at", "Verdict: good", "for claims"):
        part = told.partition("Methods, ready to paste")[0].partition("What the words mean")
        glossary_end = part[2].partition("The numbers in words")[2]
        assert words not in part[0] and words not in glossary_end, words


def test_no_backtick_is_shown(material: Material) -> None:
    told = words_of(page_text(replace(material, traces=None)))
    assert "No model was simulated" in told and "`" not in told


def test_the_few_that_carry_an_extreme_are_named_where_subsamples_find_them(
    material: Material,
) -> None:
    names = material.parameters
    extremes = pd.DataFrame({
        "order": [3, 3, 8], "side": "lowest", "rank": [1, 2, 1], "raw_nats": [-0.2, -0.3, -0.4],
        "multiplet": [" ".join(names[:3]), " ".join(names[2:5]), " ".join(names[:8])],
        "p_adjusted": [0.01, 0.01, 0.01], "recurrence": [0.9, 0.2, 1.0],
    })  # fmt: skip
    tables = {**material.tables, "o_information_extremes": extremes}
    group = ", ".join(readable(one) for one in names[:2]) + f" and {readable(names[2])}"
    carried = f"The core of the synergistic groups is {group}: alone they have -0.200 nats, 50 %"
    told = " ".join(core(replace(material, tables=tables), "min", "synergistic"))
    assert told.startswith(carried) and told.endswith("in 90 % of subsamples.")
    rare = {**tables, "o_information_extremes": extremes.assign(recurrence=[0.4, 0.2, 1.0])}
    assert core(replace(material, tables=rare), "min", "synergistic") == [
        "No small synergistic group is found again in most subsamples."
    ]


def test_a_feature_is_told_with_the_share_of_its_variance(material: Material) -> None:
    spectrum = material.tables["redundancy_synergy"]
    assert spectrum["min_predicted_share"].between(0, 1).all()
    alone = spectrum["min_predicted_share_alone"]
    assert (spectrum["min_predicted_share"] >= alone - 0.05).all()
    forced = material.tables["redundancy_synergy_curves"].assign(
        p_adjusted=0.01, confidence_low_nats=-0.9, confidence_high_nats=-0.1
    )
    tables = {**material.tables, "redundancy_synergy_curves": forced}
    told = " ".join(together(replace(material, tables=tables)))
    assert re.search(r"they predict \d+ % of its variance, the best of them alone \d+ %", told)


def test_an_extreme_whose_interval_holds_zero_is_not_named(material: Material) -> None:
    curves = material.tables["o_information_curves"]
    for high, is_named in ((0.1, False), (-0.1, True)):
        sure = curves.assign(
            p_adjusted=0.01, corrected_nats=-0.5, confidence_low_nats=-0.9, confidence_high_nats=high
        )  # fmt: skip
        tables = {**material.tables, "o_information_curves": sure}
        told = " ".join(together(replace(material, tables=tables)))
        assert ("No synergistic group is named" not in told) == is_named


def test_a_strong_pair_is_told_with_its_direction(material: Material) -> None:
    x, y = material.parameters[:2]
    pairs = material.tables["mutual_information_pairs"].assign(is_significant=False)
    chosen = (pairs["x"] == x) & (pairs["y"] == y)
    pairs.loc[chosen, ["is_significant", "corrected_nats"]] = [True, 0.3]
    rises = material.population.copy()
    rises[f"parameters/{y}"] = -rises[f"parameters/{x}"]
    told = " ".join(together(replace(
        material, population=rises, tables={**material.tables, "mutual_information_pairs": pairs}
    )))  # fmt: skip
    assert "as a correlation of 0.67; more of one goes with less of the other" in told


def test_the_verdict_and_the_fit_stand_first(material: Material) -> None:
    page = words_of(page_text(material))
    glance = page.partition("At a glance")[2].partition("Which conductances act together?")[0]
    assert glance.strip().startswith("Verdict on the sample: ")
    cost = material.population["cost"]
    assert f"and by {cost.min():.1f} in the best (the cost)" in glance


def test_weighted_draws_get_their_own_verdict(material: Material) -> None:
    draws = {"pareto_k": 0.31, "effective_sample_size": 900.0, "n_draws": 4000}
    plain = {c: material.population[c] for c in material.population if c not in ("walker", "step")}
    told = words_of(page_text(replace(
        material, population=pd.DataFrame(plain), metadata={**material.metadata, "importance": draws},
        summary={**material.summary, "chains": "not tested", "rows_assumed_independent": True},
    )))  # fmt: skip
    assert "Verdict on the sample: good; it is worth" in told and "900 independent models" in told
    assert "4000 independent draws were weighted; the Pareto k of their weights is 0.31" in told
    assert "Rows are taken as independent" not in told


def test_what_a_cost_is_is_said_only_of_largest_scores(material: Material) -> None:
    for cost, is_said in (("max", True), ("sum", False)):
        metadata = {**material.metadata, "settings": {"cost": cost}}
        told = words_of(page_text(replace(material, metadata=metadata)))
        assert ("The feature that fits worst is off by" in told) == is_said


def test_methods_tell_draws_and_what_was_learned(material: Material) -> None:
    settings = {"temperature": 0.5, "cost": "max", "max_cost": 5.0, "ensembles": 4, "walkers": 44,
                "seed": 0, "moves": {"de": 1.0}, "rounds": 1, "steps": 12}  # fmt: skip
    metadata = {
        **material.metadata, "settings": settings,
        "learned": {"kind": "network", "n_rows": 900, "n_partial": 300, "walk": 400},
        "importance": {"pareto_k": 0.31, "effective_sample_size": 90.0, "n_draws": 4000},
        "collect": {"burn_in": 0, "max_cost": 3.0, "min_cost": None},
    }  # fmt: skip
    told = " ".join(sampling_method(metadata, replace(material, metadata=metadata)))
    assert "were 4000 independent draws of a learned density, weighted" in told
    assert "in 4 ensembles of 44 walks, seed 0, from exp(-cost/T) with T = 0.5" in told
    assert "walked 400 steps on a surrogate of the cell (a neural network" in told
    assert "900 whole and 300 partial evaluations in 1 round, and then" in told
    assert "Draws that cost more than 3 were dropped." in told and "first 0" not in told
