"""Tables and figures say what was measured, and what it may be compared with."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import Design, Passes, Question, Sample, pairwise_information, wishart_bias
from ionfo.analysis import answers as report
from ionfo.analysis.figures import spectra as figures
from ionfo.analysis.multiplets.spectrum import spectrum_of
from ionfo.analysis.uncertainty.bands import null_of, subsample_bands

NAMES = tuple("abcde")
ROWS = Sample(np.eye(5), np.ones(5))


def answer_of(question: Question, exhaustive: bool = True) -> report.Answer:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((70, 6))
    values[:, 5] += values[:, 0] + values[:, 1]
    sample = Sample(values, np.ones(70))
    design = Design(exhaustive, n_samples=4)
    passes = Passes(sample, np.arange(70), "gaussian", (question,), design, 0)
    curve = passes.observed()[0]
    corrected = curve - wishart_bias(question.name, question.orders, 69)[:, None]
    null = null_of(question, curve, [passes.run("shuffle", i)[0] for i in range(9)], 70)
    replicates = [passes.run("subsample", i)[0] for i in range(5)]
    bands = subsample_bands(question, corrected, replicates, 0.6, 41, 42)
    measure = question.measure(passes.correlation(question, sample))
    return report.Answer(
        question=question,
        label="told",
        names=NAMES,
        target=None if question.target is None else "y",
        spectrum=spectrum_of(measure, threads=1),
        curve=curve,
        measured=design.measured(5, question.orders),
        nu=69.0,
        null=null,
        subsamples=bands,
        replacements=bands,
        replicates=np.array(replicates),
        found=None,
    )


@pytest.fixture(scope="module")
def o_answer() -> report.Answer:
    return answer_of(Question("o_information", (0, 1, 2, 3, 4)))


@pytest.fixture(scope="module")
def rsi_answer() -> report.Answer:
    return answer_of(Question("redundancy_synergy_index", (0, 1, 2, 3, 4), 5))


def test_corrected_extremes_stand_beside_their_own_null(o_answer: report.Answer) -> None:
    frame = report.spectrum_frame(o_answer, ROWS)
    np.testing.assert_allclose(
        frame["min_corrected_nats"], frame["min_nats"] - frame["bias_nats"], atol=1e-15
    )
    assert {"min_null_low_nats", "min_null_high_nats", "min_p"} <= set(frame)
    drawn = answer_of(o_answer.question, exhaustive=False)
    assert not drawn.curve_is_of_the_spectrum
    # the null is over fewer multiplets than the spectrum: no corrected extreme of the spectrum
    assert "min_corrected_nats" not in report.spectrum_frame(drawn, ROWS)
    curves = report.curve_frame(drawn, ROWS)
    assert set(curves["multiplets"]) == {4, 1} and "corrected_nats" in curves


def test_tables_are_complete(rsi_answer: report.Answer) -> None:
    extremes = report.extremes_frame(rsi_answer)
    assert set(extremes["how"]) == {"exact"} and (extremes["target"] == "y").all()
    lowest = extremes[(extremes["side"] == "lowest") & (extremes["order"] == 2)].iloc[0]
    assert lowest["multiplet"] == "a b" and lowest["raw_nats"] < -0.05
    frequency = report.frequency_frame(rsi_answer)
    total = frequency.groupby("order")["most_synergistic"].sum()
    np.testing.assert_allclose(total, total.index.to_numpy(), atol=1e-12)
    histogram = report.histogram_frame(rsi_answer)
    assert histogram.groupby("order")["count"].sum().tolist() == [10, 10, 5, 1]
    told = report.summary_of(rsi_answer)
    assert told["exhaustive"] and told["raw_minimum_multiplet"][:2] == ["a", "b"]  # type: ignore[index]
    replicates = told["stabilisation_orders_of_minimum_in_replicates"]
    assert isinstance(replicates, dict) and sum(replicates.values()) == 5


def test_curves_carry_null_and_bands(o_answer: report.Answer, rsi_answer: report.Answer) -> None:
    figure = figures.information_by_order([o_answer, rsi_answer], "x (nats)", "n = 70")
    assert len(figure.axes) == 4 and figure.get_suptitle() == "n = 70"
    raw, corrected = figure.axes[0], figure.axes[2]
    lines = {line.get_label(): line.get_ydata() for line in raw.lines}
    np.testing.assert_array_equal(lines["minimum, all multiplets"], o_answer.spectrum.minimum)
    labels = corrected.get_legend_handles_labels()[1]
    assert "null of the minimum, 95 %" in labels and "confidence of the mean, 95 %" in labels
    assert "spread of subsamples, as published" in raw.get_legend_handles_labels()[1]


def test_the_minimal_set_is_named(rsi_answer: report.Answer) -> None:
    axes = figures.synergy_curves([rsi_answer]).axes[0]
    assert any("a" in text.get_text() for text in axes.texts)
    assert figures.minimal_set(np.array([0.5, 0.2, 0.3])) == 1


def test_maps_networks_and_components(o_answer: report.Answer) -> None:
    shown = figures.frequency_maps(o_answer).axes[0].images[0].get_array()
    assert shown is not None and shown.shape == (5, 3)
    rng = np.random.default_rng(0)
    values = rng.standard_normal((300, 4))
    values[:, 1] += 2 * values[:, 0]
    pairs = pairwise_information(values, n_permutations=500)
    network = figures.information_network(pairs, list("wxyz")).axes[0]
    assert [text.get_text() for text in network.texts] == list("wxyz")
    assert len(network.lines) == 2  # one pair, and the ring
    alone = pairwise_information(rng.standard_normal((300, 4)), n_permutations=50)
    words = [
        text.get_text() for text in figures.information_network(alone, list("wxyz")).axes[0].texts
    ]
    assert any("no pair" in one for one in words)
    matrix = figures.pair_matrix(pairs, list("wxyz"), list("wxyz")).axes[0]
    assert len(matrix.lines[0].get_xdata()) == 2
    plane = figures.components(values, list("wxyz"), values[:, 0], "cost").axes[0]
    assert "% of variance" in plane.get_xlabel()


def test_long_titles_are_broken() -> None:
    pairs = pairwise_information(
        np.random.default_rng(1).standard_normal((50, 3)), n_permutations=9
    )
    title = figures.pair_matrix(pairs, list("abc"), list("abc"), "word " * 60).get_suptitle()
    assert title.count("\n") >= 3
