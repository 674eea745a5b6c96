"""Names on figures are short, tell one variable from another, and are never cut."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from ionfo.analysis import pairwise_information
from ionfo.analysis.figures import spectra
from ionfo.analysis.figures.names import readable, readable_names
from ionfo.analysis.figures.style import Figure, distributions
from ionfo.emodels import load_emodel


@pytest.mark.parametrize("cell", ["soma", "l5pc", "cac", "bnac"])
def test_every_name_of_a_bundled_cell_is_short_and_its_own(cell: str) -> None:
    emodel = load_emodel(cell)
    for names in (emodel.free_names, emodel.feature_names):
        short = readable_names(names)
        assert len(set(short)) == len(names)
        assert max(map(len, short)) <= 36 and not any("bar_" in one for one in short)


def test_names_of_others_stay() -> None:
    for name in ("Scn1a", "TTX (nM)", "a.b", "gNaTgbar", "x.y.z", ""):
        assert readable(name) == name


def outside(figure: Figure) -> list[str]:
    """List the words that stick out of a figure."""
    FigureCanvasAgg(figure).draw()
    whole = figure.bbox
    cut = []
    for text in figure.findobj(Text):
        words = text.get_text().strip()
        # matplotlib keeps the numbers of ticks beyond the axes, and does not draw them
        if not text.get_visible() or not any(one.isalpha() for one in words):
            continue
        box = text.get_window_extent()
        if (
            box.x0 < whole.x0 - 1
            or box.x1 > whole.x1 + 1
            or box.y0 < whole.y0 - 1
            or (box.y1 > whole.y1 + 1)
        ):
            cut.append(text.get_text())
    return cut


def test_no_name_is_cut() -> None:
    emodel = load_emodel("cac")
    names, n = list(emodel.free_names), len(emodel.free_names)
    rng = np.random.default_rng(0)
    found = pairwise_information(rng.standard_normal((40, n)), n_permutations=9)
    values = rng.standard_normal((40, n))
    title = "Gaussian copula, n = 40 models; 9 shuffles, 5 replicates"
    for figure in (
        spectra.information_network(found, names, title),
        spectra.pair_matrix(found, names, names, title),
        spectra.components(values, names, None, "", title),
        distributions(values, np.ones(40), [f"{one} (S/cm2)" for one in names], title=title),
    ):
        assert outside(figure) == []
        assert figure.get_suptitle().count("\n") <= 1


def test_a_long_name_of_others_is_not_cut_in_the_network() -> None:
    names = ["a", "b" * 40, "c"]
    found = pairwise_information(
        np.random.default_rng(0).standard_normal((40, 3)), n_permutations=9
    )
    assert outside(spectra.information_network(found, names, "")) == []
