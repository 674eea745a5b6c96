"""Nulls, replicates and bands on samples of known systems."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import measure_all, o_information_spectrum
from ionfo.analysis.measures.bias import wishart_bias
from ionfo.analysis.measures.estimators import estimated_correlation
from ionfo.analysis.multiplets.questions import STATISTICS, Design, Question
from ionfo.analysis.multiplets.spectrum import spectrum_of
from ionfo.analysis.uncertainty.bands import null_of, replacement_bands, subsample_bands
from ionfo.analysis.uncertainty.effective import Sample
from ionfo.analysis.uncertainty.resampling import Passes

MEAN, MIN, MAX = (STATISTICS.index(one) for one in ("mean", "min", "max"))
O = Question("o_information", (0, 1, 2, 3, 4))  # noqa: E741


def passes(sample: Sample, question: Question = O, exhaustive: bool = True) -> Passes:
    rows = sample.thinned(np.random.default_rng(0))
    return Passes(sample, rows, "gaussian", (question,), Design(exhaustive, 500), 0)


def independent(n_rows: int, seed: int, n: int = 5) -> Sample:
    values = np.random.default_rng(seed).standard_normal((n_rows, n))
    return Sample(values, np.ones(n_rows))


def test_a_curve_is_the_spectrum() -> None:
    sample = independent(40, 0, n=8)
    question = Question("o_information", tuple(range(8)))
    correlation = estimated_correlation(sample.values)
    spectrum = o_information_spectrum(correlation)
    for exhaustive in (True, False):
        curve = Design(exhaustive).curve(question.measure(correlation), question.orders)
        expected = [spectrum.minimum, spectrum.maximum, spectrum.mean, spectrum.quantiles[:, 3]]
        columns = [MIN, MAX, MEAN, STATISTICS.index("median")]
        np.testing.assert_allclose(curve[:, columns], np.array(expected).T, atol=1e-12)


def test_a_target_is_taken_from_its_column() -> None:
    correlation = estimated_correlation(independent(40, 1, n=6).values)
    question = Question("redundancy_synergy_index", (1, 2, 5), 3)
    part = correlation[np.ix_([1, 2, 5, 3], [1, 2, 5, 3])]
    table = measure_all(part, "redundancy_synergy_index", 3)
    curve = Design(True).curve(question.measure(part), question.orders)
    assert curve[-1, MEAN] == pytest.approx(table[-1], abs=1e-14)


def test_passes_depend_on_seed_and_number_alone() -> None:
    one = passes(independent(60, 2))
    again = passes(independent(60, 2))
    for kind in ("shuffle", "subsample", "replacement"):
        first = one.run(kind, 3)[0]  # type: ignore[arg-type]
        one.run(kind, 4)  # type: ignore[arg-type]
        assert np.array_equal(again.run(kind, 3)[0], first)  # type: ignore[arg-type]
        assert not np.array_equal(again.run(kind, 4)[0], first)  # type: ignore[arg-type]


def test_the_null_of_independent_rows_is_centred_and_covers_them() -> None:
    p = []
    for seed in range(30):
        run = passes(independent(50, seed))
        shuffled = [run.run("shuffle", i)[0] for i in range(60)]
        null = null_of(O, run.observed()[0], shuffled, len(run.rows))
        p.append(null.p)
        error = null.shuffled[:, :, MEAN].std(axis=0, ddof=1) / np.sqrt(60)
        assert (np.abs(null.shuffled[:, :, MEAN].mean(axis=0)) < 5 * error).all()
    p_values = np.array(p)[:, :, [MIN, MAX, MEAN]]
    assert p_values.min() >= 1 / 61
    # a p-value below 0.1 in about a tenth of the samples
    assert 0.02 < (p_values <= 0.1).mean() < 0.25


def test_the_null_notices_a_sum() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((80, 5))
    values[:, 4] = values[:, :4].sum(axis=1) + 0.5 * rng.standard_normal(80)
    run = passes(Sample(values, np.ones(80)))
    shuffled = [run.run("shuffle", i)[0] for i in range(50)]
    null = null_of(O, run.observed()[0], shuffled, 80)
    assert (null.p[:, MIN] == 1 / 51).all() and (null.z[:, MIN] < -3).all()
    low, high = null.band
    assert (null.observed[:, MIN] < low[:, MIN]).all() and (low < high).all()


@pytest.mark.parametrize("kind", ["subsample", "replacement"])
def test_confidence_bands_are_as_wide_as_samples_differ(kind: str) -> None:
    rng = np.random.default_rng(0)
    factors = np.linalg.cholesky(np.full((5, 5), 0.4) + 0.6 * np.eye(5))
    widths, curves = [], []
    for _ in range(25):
        sample = Sample(rng.standard_normal((150, 5)) @ factors.T, np.ones(150))
        run = passes(sample)
        raw = run.observed()[0]
        corrected = raw - wishart_bias("o_information", O.orders, 149)[:, None]
        replicates = [run.run(kind, i)[0] for i in range(40)]  # type: ignore[arg-type]
        if kind == "subsample":
            assert run.fraction == 0.6 and run.nu("subsample") == pytest.approx(89)
            bands = subsample_bands(
                O, corrected, replicates, run.fraction, run.nu("subsample"), len(run.blocks)
            )
        else:
            bands = replacement_bands(
                O, corrected, replicates, run.nu("replacement"), len(run.blocks)
            )
        middle = (bands.confidence_low + bands.confidence_high) / 2
        np.testing.assert_allclose(middle, corrected, atol=1e-12)
        widths.append((bands.confidence_high - bands.confidence_low)[:, MEAN])
        curves.append(corrected[:, MEAN])
    ratio = np.mean(widths, axis=0) / (2 * 2.02 * np.std(curves, axis=0, ddof=1))
    assert ((0.7 < ratio) & (ratio < 1.5)).all()


def test_replicates_of_a_chain_take_whole_blocks() -> None:
    rng = np.random.default_rng(0)
    values = np.repeat(rng.standard_normal((30, 5)), 10, axis=0)
    values += 1e-3 * rng.standard_normal(values.shape)
    sample = Sample(values, np.ones(300), np.repeat(np.arange(30), 10), np.tile(np.arange(10), 30))
    run = passes(sample)
    assert len(sample.blocks) == 30
    taken = sample.take(np.concatenate(sample.blocks[:3]))
    assert taken.n_rows == 30
    assert len(run.rows) < 60 and run.nu("shuffle") == len(run.rows) - 1


def test_small_parts_of_long_walkers_take_short_blocks() -> None:
    rng = np.random.default_rng(0)
    n_walkers, n_steps = 30, 400
    walker, step = np.repeat(np.arange(n_walkers), n_steps), np.tile(np.arange(n_steps), n_walkers)
    values = rng.standard_normal((n_walkers * n_steps, 5))
    run = passes(Sample(values, np.ones(len(values)), walker, step))
    assert run.fraction == pytest.approx(1000 / 12_000)
    assert len(run.blocks) > n_walkers and run.fraction * len(run.blocks) > 10
    few = passes(Sample(values[:2000], np.ones(2000), walker[:2000], np.arange(2000) % 400))
    assert few.fraction == 0.5 or few.fraction == 0.6


def test_design_reports_what_it_measures() -> None:
    orders = np.arange(3, 31)
    assert Design(False, 20_000).measured(30, orders).tolist()[:2] == [4060, 20_000]
    assert Design(True).measured(30, orders).sum() == 2**30 - 1 - 30 - 435


def test_large_orders_are_binned_finely(monkeypatch: pytest.MonkeyPatch) -> None:
    measure = Question("o_information", tuple(range(10))).measure(
        estimated_correlation(independent(50, 3, n=10).values)
    )
    orders = np.arange(3, 11)
    exact = Design(True).curve(measure, orders)
    monkeypatch.setattr("ionfo.analysis.multiplets.questions._SORTED_COUNT", 0)
    monkeypatch.setattr("ionfo.analysis.multiplets.spectrum.SORTED_COUNT", 0)
    binned = Design(True).curve(measure, orders)
    span = (exact[:, MAX] - exact[:, MIN]).max()
    np.testing.assert_allclose(binned[2:5], exact[2:5], atol=0.02 * span)
    spectrum = spectrum_of(measure)
    assert spectrum.frequency_lowest.sum(axis=1) == pytest.approx(orders)
