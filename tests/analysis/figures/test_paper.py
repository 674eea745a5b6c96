"""Figures on paper: the width of a column, letters that can be read, words that are words."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text

from ionfo.analysis import pairwise_information
from ionfo.analysis.figures import spectra
from ionfo.analysis.figures.paper import LARGEST, SMALLEST, WIDTHS, fit_to_paper
from ionfo.analysis.figures.style import Figure, distributions, titled
from ionfo.emodels import load_emodel

from .test_names import outside

NAMES = list(load_emodel("cac").free_names)
LAID_OUT = pytest.mark.skipif(
    tuple(map(int, matplotlib.__version__.split(".")[:2])) < (3, 11),
    reason="older releases of matplotlib lay names out otherwise",
)
TITLE = "n = 40 models; Gaussian, 9 shuffles"


def network() -> Figure:
    values = np.random.default_rng(0).standard_normal((40, len(NAMES)))
    return spectra.information_network(pairwise_information(values, n_permutations=9), NAMES, TITLE)


def matrix(n: int) -> Figure:
    values = np.random.default_rng(0).standard_normal((40, n))
    found = pairwise_information(values, n_permutations=9)
    return spectra.pair_matrix(found, NAMES[:n], NAMES[:n], TITLE)


def histograms(n_across: int) -> Figure:
    values = np.random.default_rng(0).standard_normal((40, 21))
    return distributions(values, np.ones(40), NAMES, title=TITLE, n_across=n_across)


@LAID_OUT
@pytest.mark.parametrize("style", WIDTHS)
@pytest.mark.parametrize("drawn", [network, lambda: matrix(21), lambda: histograms(2)])
def test_a_figure_fits_its_column_and_can_be_read(style: str, drawn: object) -> None:
    figure = drawn()  # type: ignore[operator]
    fit_to_paper(figure, style)
    assert figure.get_figwidth() * 25.4 == pytest.approx(WIDTHS[style])
    assert figure.get_figheight() * 25.4 <= 225.001
    assert outside(figure) == []
    sizes = [
        one.get_fontsize() for one in figure.findobj(Text) if one.get_text() and one.get_visible()
    ]
    assert min(sizes) >= SMALLEST and max(sizes) <= LARGEST


@LAID_OUT
def test_what_does_not_fit_is_said() -> None:
    values = np.random.default_rng(0).standard_normal((40, 21))
    with pytest.raises(ValueError, match="does not fit into 85 mm: names of an axis"):
        fit_to_paper(spectra.components(values, NAMES, None, "", TITLE), "one-column")
    many = distributions(
        np.random.default_rng(0).standard_normal((9, 80)), np.ones(9), ["leak"] * 80, n_across=2
    )
    with pytest.raises(ValueError, match="85 mm: its panels would"):
        fit_to_paper(many, "one-column")
    with pytest.raises(ValueError, match="style must be one-column or two-columns, got 'wide'"):
        fit_to_paper(network(), "wide")


def test_the_title_is_short_and_the_caption_says_the_rest() -> None:
    figure = matrix(5)
    assert figure.get_suptitle() == "n = 40 models"
    assert figure.caption.startswith("Bias-corrected mutual information of every pair")
    assert "Kv3.1 (axon) is gSKv3_1bar_SKv3_1.axonal" in figure.caption
    assert figure.caption.endswith("n = 40 models; Gaussian, 9 shuffles.")
    bare = Figure()
    titled(bare, "")
    assert bare.caption == "" and bare.get_suptitle() == ""


def test_words_of_an_svg_are_words(tmp_path: Path) -> None:
    figure = matrix(5)
    figure.savefig(tmp_path / "f.svg")
    written = re.findall(r"<text[^>]*>([^<]*)</text>", (tmp_path / "f.svg").read_text())
    assert {"Kv3.1 (axon)", "leak", "n = 40 models"} <= set(written)
