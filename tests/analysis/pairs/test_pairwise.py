"""Pairwise information against closed forms, real shuffles and each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom, ks_2samp, kstest

from ionfo.analysis import pairwise_information
from ionfo.analysis.pairs.contingency import (
    _hypergeometric,
    information_of_counts,
    null_information,
)
from ionfo.analysis.pairs.neighbours import (
    nearest_neighbour_information,
    null_of_ranks,
    random_rank_scores,
    upper_tail,
)
from ionfo.analysis.pairs.pairwise import n_bins
from ionfo.analysis.pairs.thinnings import over_thinnings


def gaussian_pair(n: int, r: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2))
    x[:, 1] = r * x[:, 0] + np.sqrt(1 - r * r) * x[:, 1]
    return x


def test_information_of_counts_is_its_definition() -> None:
    counts = np.random.default_rng(0).integers(0, 9, (4, 6))
    p = counts / counts.sum()
    outer = p.sum(axis=1)[:, None] * p.sum(axis=0)
    expected = np.sum(p[p > 0] * np.log(p[p > 0] / outer[p > 0]))
    assert information_of_counts(counts) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("good", "bad", "drawn"), [(5, 3, 4), (300, 700, 250), (2, 9000, 40)])
def test_cells_are_hypergeometric(good: int, bad: int, drawn: int) -> None:
    from scipy.special import gammaln

    table = gammaln(np.arange(good + bad + 1) + 1.0)
    rng = np.random.default_rng(1)
    draws = [_hypergeometric(good, bad, drawn, table, u) for u in rng.random(20_000)]
    law = hypergeom(good + bad, good, drawn)
    values, counts = np.unique(draws, return_counts=True)
    expected = law.pmf(values) * len(draws)
    often = expected > 10
    chi2 = np.sum((counts[often] - expected[often]) ** 2 / expected[often])
    assert chi2 < often.sum() + 5 * np.sqrt(2 * often.sum())
    assert law.pmf(values).min() > 0


def test_tables_with_fixed_margins_are_shuffles() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 5, 200), rng.geometric(0.4, 200).clip(max=6) - 1

    def counted(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.bincount(a * 6 + b, minlength=30).reshape(5, 6)

    shuffled = [information_of_counts(counted(x, rng.permutation(y))) for _ in range(3000)]
    drawn = null_information(counted(x, y), 3000, 7)
    assert ks_2samp(shuffled, drawn).pvalue > 0.01
    assert np.mean(drawn) == pytest.approx(np.mean(shuffled), rel=0.03)
    # a null with other margins is told apart
    other = null_information(counted(x, rng.integers(0, 3, 200)), 3000, 7)
    assert ks_2samp(shuffled, other).pvalue < 1e-4
    assert np.array_equal(drawn, null_information(counted(x, y), 3000, 7))


def test_bins_follow_the_rule() -> None:
    for n in (10, 400, 401, 2500, 9025, 10**6):
        b = n_bins(n)
        assert b in (4, 20) or ((b - 1) ** 2 / (2 * n) <= 0.02 < b**2 / (2 * n))
    assert n_bins(10) == 4 and n_bins(10**6) == 20


@pytest.mark.parametrize(
    ("estimator", "tolerance"), [("gaussian", 0.02), ("histogram", 0.09), ("knn", 0.06)]
)
def test_estimators_agree_on_a_gaussian(estimator: str, tolerance: float) -> None:
    rows = gaussian_pair(3000, 0.8, 3)
    found = pairwise_information(rows, estimator=estimator, n_permutations=20)  # type: ignore[arg-type]
    truth = -0.5 * np.log(1 - 0.64)
    assert found.corrected[0, 1] == pytest.approx(truth, abs=tolerance)
    assert found.corrected[1, 0] == found.corrected[0, 1] and np.isnan(found.raw[0, 0])


def test_neighbours_see_what_correlation_does_not() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal(800)
    y = x**2 + 0.1 * rng.standard_normal(800)
    assert nearest_neighbour_information(x, y) > 0.8
    assert abs(nearest_neighbour_information(x, rng.standard_normal(800))) < 0.08
    ties = rng.integers(0, 3, 800).astype(float)
    assert np.isfinite(nearest_neighbour_information(ties, y))


def test_p_values_are_uniform_without_dependence() -> None:
    rows = np.random.default_rng(5).standard_normal((300, 24))
    for estimator in ("histogram", "gaussian", "knn"):
        found = pairwise_information(rows, estimator=estimator, n_permutations=200)  # type: ignore[arg-type]
        p = found.p[np.triu_indices(24, 1)]
        if estimator == "knn":  # the better of two tests, doubled: never below, near 1 often above
            assert np.mean(p <= 0.05) < 0.08 and np.mean(p <= 0.5) < 0.58
        else:
            assert kstest(p, "uniform").pvalue > 1e-3
        # of neighbours, a value scatters by 0.05 and the mean of the null by 0.0035
        tolerance = 0.015 if estimator == "knn" else 0.003
        assert abs(found.corrected[np.triu_indices(24, 1)].mean()) < tolerance
        assert not found.is_significant.any()


def test_two_sets_of_columns() -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal((500, 3))
    y = np.column_stack([x[:, 2] + 0.3 * rng.standard_normal(500), rng.standard_normal(500)])
    found = pairwise_information(x, y, estimator="histogram", n_permutations=200)
    assert found.raw.shape == (3, 2)
    assert found.is_significant.tolist() == [[False, False], [False, False], [True, False]]
    assert found.p.min() == 1 / 201
    serial = pairwise_information(x, y, estimator="histogram", n_permutations=200, threads=1)
    assert np.array_equal(found.p, serial.p)


def test_one_pair_among_many_is_found() -> None:
    rows = np.random.default_rng(8).standard_normal((400, 12))
    rows[:, 7] += rows[:, 3]
    found = pairwise_information(rows, estimator="histogram", n_permutations=200)
    assert np.argwhere(np.triu(found.is_significant)).tolist() == [[3, 7]]
    drawn = found.n_draws[np.triu_indices(12, 1)]
    n_unreached = int((drawn > 200).sum())
    # 66 pairs, few of them unreached: 66/0.05 draws shared among them
    assert 1 <= n_unreached < 4 and found.n_draws[3, 7] == np.ceil(1320 / n_unreached)
    assert found.p[3, 7] == 1 / (1 + found.n_draws[3, 7])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((10, 2)), "column 0 is constant"),
        (np.full((10, 2), np.nan), "finite"),
        (np.zeros(10), "shape"),
    ],
)
def test_unfit_values_are_refused(values: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pairwise_information(values)


@pytest.mark.parametrize("truth", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("n", [300, 1000])
def test_neighbours_are_right_where_the_corrected_histogram_is_low(n: int, truth: float) -> None:
    r = float(np.sqrt(1 - np.exp(-2 * truth)))
    repeats = 200 if n == 300 else 60
    found = np.array(
        [
            pairwise_information(gaussian_pair(n, r, 100 + i), n_permutations=100).corrected[0, 1]
            for i in range(repeats)
        ]
    )
    error = found.std() / np.sqrt(repeats)
    assert abs(found.mean() - truth) < 0.05 * truth + 3 * error
    coarse = np.array(
        [
            pairwise_information(
                gaussian_pair(n, r, 100 + i), estimator="histogram", n_permutations=50
            ).corrected[0, 1]
            for i in range(20)
        ]
    )
    assert coarse.mean() < 0.9 * truth  # labelled a lower bound for this


def test_the_null_of_ranks_is_that_of_any_margins() -> None:
    rng = np.random.default_rng(9)
    null = null_of_ranks(120, 400, 0)
    x = np.column_stack([rng.exponential(size=120) ** 3, rng.integers(0, 4, 120)])
    scores = random_rank_scores(x, 0)
    shuffled = [
        nearest_neighbour_information(scores[:, 0], rng.permutation(scores[:, 1]))
        for _ in range(400)
    ]
    assert ks_2samp(null, shuffled).pvalue > 0.01
    assert np.array_equal(null_of_ranks(120, 250, 0), null[:250])
    assert np.array_equal(null_of_ranks(120, 250, 0, threads=2), null[:250])


def test_ties_keep_the_information_of_their_values() -> None:
    rng = np.random.default_rng(10)
    x = rng.integers(0, 3, 1500)
    y = np.where(rng.random(1500) < 0.8, x, rng.integers(0, 3, 1500))
    counts = np.array([[np.sum((x == a) & (y == b)) for b in range(3)] for a in range(3)])
    found = pairwise_information(np.column_stack([x, y]).astype(float), n_permutations=50)
    assert found.corrected[0, 1] == pytest.approx(information_of_counts(counts), rel=0.1)


def test_thinnings_are_joined_without_more_false_alarms() -> None:
    rng = np.random.default_rng(11)
    thinnings = [
        pairwise_information(rng.standard_normal((200, 8)), n_permutations=100, seed=i)
        for i in range(5)
    ]
    joined = over_thinnings(thinnings)
    upper = np.triu_indices(8, 1)
    assert joined.n_thinnings == 5 and not joined.is_significant.any()
    assert np.mean(joined.p[upper] <= 0.05) <= 0.05
    assert np.allclose(joined.p_adjusted, joined.p_adjusted.T, equal_nan=True)
    assert joined.corrected[0, 1] == pytest.approx(
        np.mean([one.corrected[0, 1] for one in thinnings])
    )


def test_few_rows_hide_no_correlation_and_a_correlation_no_parabola() -> None:
    rng = np.random.default_rng(12)
    rows = rng.standard_normal((97, 11))
    rows[:, 1] = -0.75 * rows[:, 0] + np.sqrt(1 - 0.75**2) * rows[:, 1]
    rows[:, 3] = rows[:, 2] ** 2 + 0.2 * rows[:, 3]
    found = pairwise_information(rows, n_permutations=1000)
    assert np.argwhere(np.triu(found.is_significant)).tolist() == [[0, 1], [2, 3]]


def test_p_beyond_the_draws_is_small_and_not_too_small() -> None:
    from scipy.stats import norm

    rng = np.random.default_rng(14)
    for _ in range(20):
        draws = rng.standard_normal(10_000)
        at = np.array([1.0, draws.max() + 0.3, 5.0, 6.0])
        p = upper_tail(draws, at)
        assert p[0] == (1 + np.sum(draws >= 1)) / 10_001
        assert (p[1:] >= norm.sf(at[1:])).all() and (p[1:] <= 1 / 10_001).all()
        assert p[2] < 1e-4 and p[3] < 3e-6
    exponential = [upper_tail(rng.exponential(size=10_000), [14.0])[0] for _ in range(50)]
    assert np.median(exponential) == pytest.approx(np.exp(-14), rel=0.5)
    # of neighbours themselves: draws against the tail of the first 1,000
    null = null_of_ranks(60, 10_000, 0, 2)
    far = np.quantile(null, 1 - np.array([2e-3, 5e-4]))
    assert (upper_tail(null[:1000], far) >= 0.3 * np.array([2e-3, 5e-4])).all()
    assert upper_tail([2.0, 2.0], [3.0]).tolist() == [1 / 3]  # no tail to follow


def test_many_pairs_take_no_more_draws_than_a_tail_needs() -> None:
    rng = np.random.default_rng(15)
    rows, others = rng.standard_normal((120, 12)), rng.standard_normal((120, 40))
    others[:, 7] = rows[:, 3] ** 2 + 0.1 * others[:, 7]
    found = pairwise_information(rows, others, n_permutations=200, n_thinnings=5)
    assert int(found.n_draws[3, 7]) == 10_000 < 4 * rows.shape[1] * others.shape[1] / 0.05
    assert found.p_adjusted[3, 7] < 0.01 and found.is_significant[3, 7]
    assert (
        np.sum(found.is_significant) <= 3
    )  # of 480 pairs, one false discovery in twenty is let by


def test_one_curved_pair_of_a_chain_survives_its_thinnings() -> None:
    rng = np.random.default_rng(13)
    found = []
    for _ in range(5):
        rows = rng.standard_normal((150, 11))
        rows[:, 3] = rows[:, 2] ** 2 + 0.2 * rows[:, 3]
        found.append(pairwise_information(rows, n_permutations=200, n_thinnings=5))
    joined = over_thinnings(found)
    # 55 pairs, two tests of each, p doubled: 4,400 draws bring the smallest p below 0.05/55
    assert {int(one.n_draws[2, 3]) for one in found} == {4400}
    assert np.argwhere(np.triu(joined.is_significant)).tolist() == [[2, 3]]
