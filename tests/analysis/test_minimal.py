"""The minimal set is the first that reaches 90 % of the lowest RSI, beside its null."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import Design, Passes, Question, Sample
from ionfo.analysis.answers import Answer, summary_of
from ionfo.analysis.minimal import minimal_frame, sets_by_share
from ionfo.analysis.multiplets.search import Found
from ionfo.analysis.multiplets.spectrum import spectrum_of
from ionfo.analysis.uncertainty.bands import null_of


def answer(found: tuple[Found, Found] | None = None) -> Answer:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((200, 6))
    values[:, 5] = values[:, 1] + values[:, 3] + 0.3 * rng.standard_normal(200)
    question = Question("redundancy_synergy_index", (0, 1, 2, 3, 4), 5)
    sample = Sample(values, np.ones(200))
    design = Design(True)
    passes = Passes(sample, np.arange(200), "gaussian", (question,), design, 0)
    curve = passes.observed()[0]
    return Answer(
        question=question,
        label="RSI",
        names=tuple("abcde"),
        target="y",
        spectrum=spectrum_of(question.measure(passes.correlation(question, sample)), threads=1),
        curve=curve,
        measured=design.measured(5, question.orders),
        nu=199.0,
        null=null_of(question, curve, [passes.run("shuffle", i)[0] for i in range(9)], 200),
        subsamples=None,
        replacements=None,
        replicates=np.empty((0, 4, 6)),
        found=found,
    )


def test_two_genes_that_add_up_are_the_minimal_set() -> None:
    row = minimal_frame(answer()).iloc[0]
    assert (row["set"], row["order"], row["how"]) == ("b d", 2, "exact")
    assert row["raw_nats"] < -0.5 and row["corrected_nats"] < row["null_low_nats"]
    assert row["p"] == 0.1
    assert row["corrected_nats"] == pytest.approx(row["raw_nats"] - row["bias_nats"], abs=1e-15)


def test_a_set_that_was_found_has_no_null_of_drawn_sets() -> None:
    found = Found(
        np.array([2, 3]), np.array([-0.2, -1.0]), [(0, 1), (0, 1, 3)], np.array([True, False])
    )
    row = minimal_frame(answer((found, found))).iloc[0]
    assert (row["set"], row["order"], row["how"]) == ("a b d", 3, "found")


def test_the_summary_tells_where_the_minimum_bends_and_where_it_has_arrived() -> None:
    of = summary_of(answer())
    # b and d tell it all: no order is lower than the second by more than the others add by chance
    values = answer().curve[:, 0]
    near = np.flatnonzero(values <= 0.99 * values.min())
    assert of["plateau_of_minimum"] == {
        "first_order": near[0] + 2, "last_order": near[-1] + 2, "within": 0.01,
    }  # fmt: skip
    assert of["plateau_order_of_minimum"] == near[0] + 2
    assert of["stabilisation_order_of_minimum"] in (3, 4)
    assert "plateau_order_of_maximum" not in of


def test_a_minimal_set_hangs_on_the_share_that_it_must_reach() -> None:
    lowest, sets = [-0.5, -0.85, -0.92, -1.0, -0.9], [(0,), (1, 2), (0, 1, 2), (0, 1, 2, 3), (0,)]
    found = sets_by_share(lowest, sets)
    assert found == {0.8: (1, 2), 0.9: (0, 1, 2), 0.95: (0, 1, 2, 3)}
    # the published rule is among them
    row = minimal_frame(answer()).iloc[0]
    spectrum = answer().spectrum
    published = sets_by_share(spectrum.minimum, spectrum.argmin)[0.9]
    assert row["set"] == " ".join("abcde"[i] for i in published)
    # a lowest value above zero may be exceeded by as much
    above = sets_by_share([1.25, 1.15, 1.0], [(0,), (1,), (2,)])
    assert above == {0.8: (1,), 0.9: (2,), 0.95: (2,)}
    with pytest.raises(ValueError, match="shares must be"):
        sets_by_share(lowest, sets, [1.1])
    with pytest.raises(ValueError, match="one set for each value"):
        sets_by_share(lowest, sets[1:])
