"""The table of all multiplets: brute force, 50-digit arithmetic, symmetries, threads."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

import ionfo
from ionfo.analysis import (
    dual_total_correlation,
    measure_all,
    memory,
    o_information,
    redundancy_synergy_index,
    s_information,
    total_correlation,
)
from ionfo.analysis.measures.correlation import checked_correlation
from ionfo.analysis.measures.forms import measure_of
from ionfo.analysis.multiplets import lattice as engine
from ionfo.analysis.multiplets.spectrum import fill_table, index_of, members, spectrum_of

MEASURES = ("o_information", "s_information", "total_correlation", "dual_total_correlation")


def random_correlation(n: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((n, n + 3))
    return checked_correlation(factors @ factors.T, 2)


def equicorrelated(n: int) -> NDArray[np.float64]:
    return np.full((n, n), 0.6) + 0.4 * np.eye(n)


def sum_gate(n: int) -> NDArray[np.float64]:
    """The last variable is the sum of the others and noise of variance 0.1."""
    covariance = np.eye(n)
    covariance[-1, :-1] = covariance[:-1, -1] = 1.0
    covariance[-1, -1] = n - 1 + 0.1
    return covariance


def entropy(covariance: NDArray[np.float64]) -> float:
    sign, log_determinant = np.linalg.slogdet(covariance)
    assert sign > 0
    return 0.5 * (len(covariance) * np.log(2 * np.pi * np.e) + log_determinant)


def by_definition(covariance: NDArray[np.float64]) -> dict[str, float]:
    """TC and DTC as sums of entropies, and what follows from them."""
    n, joint = len(covariance), entropy(covariance)
    tc = sum(entropy(covariance[[i]][:, [i]]) for i in range(n)) - joint
    without = [entropy(np.delete(np.delete(covariance, i, 0), i, 1)) for i in range(n)]
    dtc = joint - sum(joint - one for one in without)
    values = (tc - dtc, tc + dtc, tc, dtc)
    return dict(zip(MEASURES, values, strict=True))


@pytest.mark.parametrize(
    "covariance",
    [random_correlation(12, 0), random_correlation(7, 1), equicorrelated(10), sum_gate(9)],
    ids=["random12", "random7", "equicorrelated10", "sum-gate9"],
)
def test_every_multiplet_is_its_definition(covariance: NDArray[np.float64]) -> None:
    n = len(covariance)
    tables = {name: measure_all(covariance, name) for name in MEASURES}  # type: ignore[arg-type]
    for k in range(2, n + 1):
        for chosen in combinations(range(n), k):
            expected = by_definition(covariance[np.ix_(chosen, chosen)])
            for name in MEASURES:
                assert tables[name][index_of(chosen)] == pytest.approx(expected[name], abs=1e-9)


@pytest.mark.parametrize("target", [0, 4, 8])
@pytest.mark.parametrize("make", [lambda: random_correlation(9, 2), lambda: sum_gate(9)])
def test_every_predictor_set_is_its_definition(target: int, make) -> None:  # type: ignore[no-untyped-def]
    covariance = make()
    table = measure_all(covariance, "redundancy_synergy_index", target)
    predictors = np.delete(np.arange(9), target)
    assert len(table) == 256
    h_target = entropy(covariance[[target]][:, [target]])
    for subset in range(1, 256):
        chosen = predictors[list(members(subset))]

        def information(some: list[int]) -> float:
            both = [*some, target]
            part = covariance[np.ix_(some, some)]
            return entropy(part) + h_target - entropy(covariance[np.ix_(both, both)])

        expected = sum(information([i]) for i in chosen) - information(list(chosen))
        assert table[subset] == pytest.approx(expected, abs=1e-9)


def exact(covariance: NDArray[np.float64]) -> dict[str, float]:
    """As `by_definition` in 50-digit arithmetic, from exactly these float64 entries."""
    with mpmath.workdps(50):
        matrix = mpmath.matrix(covariance.tolist())
        n = len(covariance)

        def log_determinant(keep: list[int]) -> mpmath.mpf:
            part = mpmath.matrix(len(keep), len(keep))
            for i, a in enumerate(keep):
                for j, b in enumerate(keep):
                    part[i, j] = matrix[a, b]
            return mpmath.log(mpmath.det(part))

        whole = log_determinant(list(range(n)))
        variances = sum(mpmath.log(matrix[i, i]) for i in range(n))
        without = sum(log_determinant([j for j in range(n) if j != i]) for i in range(n))
        tc = (variances - whole) / 2
        dtc = (without - (n - 1) * whole) / 2
        values = (float(tc - dtc), float(tc + dtc), float(tc), float(dtc))
        target = mpmath.log(matrix[0, 0])
        rest = list(range(1, n))
        alone = sum(target + mpmath.log(matrix[i, i]) - log_determinant([0, i]) for i in rest)
        rsi = (alone - (target + log_determinant(rest) - whole)) / 2
        return {**dict(zip(MEASURES, values, strict=True)), "rsi": float(rsi)}


@pytest.mark.parametrize("noise", [1e-4, 1e-7, 1e-9])
@pytest.mark.parametrize("n", [3, 6, 10])
def test_nearly_singular_matrices_keep_the_digits_they_can(noise: float, n: int) -> None:
    rng = np.random.default_rng(n)
    factors = rng.standard_normal((n, n))
    factors[-1] = factors[:-1].sum(axis=0)
    covariance = factors @ factors.T
    covariance[-1, -1] *= 1 + noise * 10
    covariance = (covariance + covariance.T) / 2
    correlation = checked_correlation(covariance, 2)
    pivot = 1 / np.diag(np.linalg.inv(correlation)).max()
    tolerance = n**2 * np.finfo(float).eps / pivot
    expected = exact(covariance)
    single = (o_information, s_information, total_correlation, dual_total_correlation)
    for name, measure in zip(MEASURES, single, strict=True):
        assert measure(covariance) == pytest.approx(expected[name], abs=tolerance, rel=0)
        table = measure_all(covariance, name)  # type: ignore[arg-type]
        assert table[-1] == pytest.approx(expected[name], abs=tolerance, rel=0)
    for rsi in (
        redundancy_synergy_index(covariance, 0),
        measure_all(covariance, "redundancy_synergy_index", 0)[-1],
    ):
        assert rsi == pytest.approx(expected["rsi"], abs=tolerance, rel=0)


@pytest.mark.parametrize("at", [(0, 1), (1, 0), (2, 5)])
def test_below_the_smallest_pivot_a_matrix_is_refused(at: tuple[int, int]) -> None:
    covariance = random_correlation(6, 3)
    copy, source = at
    covariance[copy] = covariance[source]
    covariance[:, copy] = covariance[:, source]
    covariance[copy, copy] = covariance[source, source]
    for noise, refused in ((3e-10, False), (3e-11, True), (0.0, True)):
        noisy = covariance.copy()
        noisy[copy, copy] += noise
        if refused:
            names = f"variable {max(at)} follows from variable {min(at)} "
            with pytest.raises(ValueError, match=names):
                measure_all(noisy)
        else:
            assert np.isfinite(measure_all(noisy)).all()


def test_order_of_variables_only_moves_values() -> None:
    correlation = random_correlation(8, 4)
    order = np.random.default_rng(0).permutation(8)
    table, moved = measure_all(correlation), measure_all(correlation[np.ix_(order, order)])
    for subset in range(256):
        original = [order[i] for i in members(subset)]
        assert moved[subset] == pytest.approx(table[index_of(original)], abs=1e-11)


def test_units_cancel_in_every_multiplet() -> None:
    correlation = random_correlation(8, 5)
    scale = 10.0 ** np.arange(-4, 4)
    np.testing.assert_allclose(
        measure_all(correlation * np.outer(scale, scale)), measure_all(correlation), atol=1e-11
    )


def test_independent_blocks_add() -> None:
    both = np.zeros((9, 9))
    both[:4, :4], both[4:, 4:] = random_correlation(4, 6), random_correlation(5, 7)
    table = measure_all(both)
    left, right = measure_all(both[:4, :4]), measure_all(both[4:, 4:])
    # orders below 2 of a block have no O-information, and the engine gives them none
    np.testing.assert_allclose(table, (left[None, :] + right[:, None]).ravel(), atol=1e-11)


@pytest.mark.parametrize("noise", [0.1, 3.0])
def test_a_noisy_copy_adds_what_it_shares_with_the_others(noise: float) -> None:
    covariance = random_correlation(6, 8)
    longer = np.pad(covariance, (0, 1), mode="edge")
    # X' = X_1 + noise: the covariances of X_1, a larger variance
    longer[-1, :-1] = longer[:-1, -1] = covariance[1]
    longer[-1, -1] = covariance[1, 1] + noise
    others = [0, 2, 3, 4, 5]
    both = [*others, 6]
    shared = 0.5 * (
        np.linalg.slogdet(longer[np.ix_(others, others)])[1]
        + np.log(longer[-1, -1])
        - np.linalg.slogdet(longer[np.ix_(both, both)])[1]
    )
    raised = measure_all(longer)[-1] - measure_all(covariance)[-1]
    assert raised == pytest.approx(shared, abs=1e-11)
    assert shared > 0.01


def test_a_copy_of_an_independent_variable_adds_nothing() -> None:
    covariance = np.eye(5)
    covariance[1:, 1:] = random_correlation(4, 9)
    longer = np.pad(covariance, (0, 1))
    longer[0, -1] = longer[-1, 0] = 1.0
    longer[-1, -1] = 1.5
    assert measure_all(longer)[-1] == pytest.approx(measure_all(covariance)[-1], abs=1e-12)


def test_sum_gate_is_synergy() -> None:
    table = measure_all(sum_gate(6))
    assert table[-1] < -0.5
    assert measure_all(sum_gate(6), "redundancy_synergy_index", 5)[-1] < -0.5
    assert redundancy_synergy_index(sum_gate(6), 5) == pytest.approx(
        measure_all(sum_gate(6), "redundancy_synergy_index", 5)[-1], abs=1e-12
    )


@pytest.mark.parametrize("name", ["o_information", "redundancy_synergy_index"])
def test_threads_change_no_bit(name: str) -> None:
    measure = measure_of(random_correlation(19, 10), name, 3)  # type: ignore[arg-type]
    tables = [
        fill_table(measure, engine.new_table(measure.n), threads).copy() for threads in (1, 2, 5)
    ]
    assert all(np.array_equal(table, tables[0]) for table in tables)
    spectra = [spectrum_of(measure, threads=threads) for threads in (1, 3)]
    for field in ("minimum", "maximum", "mean", "std", "quantiles", "frequency_lowest"):
        assert np.array_equal(getattr(spectra[0], field), getattr(spectra[1], field))
    assert spectra[0].lowest == spectra[1].lowest
    assert spectra[0].highest == spectra[1].highest


def test_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    measure = measure_of(random_correlation(15, 11), "o_information")
    whole = fill_table(measure, engine.new_table(15))
    monkeypatch.setattr(engine, "block_bits", lambda n: n)
    assert np.array_equal(fill_table(measure, engine.new_table(15)), whole)


def test_too_many_variables_are_refused_before_memory_is_taken() -> None:
    with pytest.raises(ValueError, match=r"takes 8,192\.0 GiB.*sampled_spectrum"):
        measure_all(np.eye(40))


def test_memory_is_what_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 1000)
    with pytest.raises(ValueError, match="takes 0.1 MiB of memory and 0.0 MiB are free; wait"):
        memory.require_memory(100_000, "it", "wait")
    memory.require_memory(1000, "it", "wait")
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    memory.require_memory(1 << 60, "it", "wait")


def test_kernels_compile_where_nothing_can_be_written(tmp_path: Path) -> None:
    package = tmp_path / "kernels"
    package.mkdir()
    (package / "__init__.py").touch()
    for room in ("analysis", "analysis/multiplets"):
        (package / room).mkdir()
        (package / room / "__init__.py").touch()
    source = Path(ionfo.__file__).parent
    for name in ("compiled.py", "analysis/memory.py", "analysis/multiplets/lattice.py"):
        shutil.copy(source / name, package / name)
    code = (
        "import numpy as np\n"
        "from kernels.analysis.multiplets import lattice\n"
        "table = lattice.new_table(3)\n"
        "lattice.log_determinants(2 * np.eye(3), table)\n"
        "assert abs(table[7] - 3 * np.log(2)) < 1e-15\n"
    )
    # a package that is a file's child and a home that is no folder: nothing can be kept
    blocker = tmp_path / "no-home"
    blocker.touch()
    environment = {**os.environ, "HOME": str(blocker), "XDG_CACHE_HOME": str(blocker)}
    environment |= {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    (package / "__pycache__").touch()  # where numba would keep its code
    package.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)
    finally:
        package.chmod(stat.S_IRWXU)
