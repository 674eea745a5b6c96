"""The measures pass the tests of hoi and THOI, where clones of them are named.

IONFO_PEER_PYTHON=PEER/bin/python IONFO_HOI_CLONE=... IONFO_THOI_CLONE=... pytest tests/scripts/peers
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.analysis import o_information, redundancy_synergy_index

Load = Callable[[str], Any]


def told_by(root: Path, script: str, clone: str) -> str:
    """What an adaptor prints, run by the python that has the peers."""
    python, folder = os.environ.get("IONFO_PEER_PYTHON"), os.environ.get(clone)
    if not (python and folder):
        pytest.skip(f"set IONFO_PEER_PYTHON and {clone}; see scripts/peers/{script}")
    done = subprocess.run(
        [python, root / "scripts" / "peers" / script, folder],
        capture_output=True,
        text=True,
        timeout=1800,
        env=os.environ | {"PYTHONPATH": str(root / "src")},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def counts(told: str) -> tuple[int, int, int]:
    """Tests that pass, that ran, and that pass by values of ours."""
    found = re.search(r"(\d+) of (\d+) tests pass; (\d+) of them use", told)
    assert found is not None
    passed, ran, measured = map(int, found.groups())
    return passed, ran, measured


def differences(told: str) -> dict[str, float]:
    """The largest difference of each measure, over its columns."""
    rows = re.findall(r"^([A-Za-z][\w\- ]*?) +((?:\d\.\de[-+]\d\d +)+)[\d.]+$", told, re.MULTILINE)
    return {name: max(map(float, values.split())) for name, values in rows}


def test_the_tests_of_hoi_pass(root: Path) -> None:
    told = told_by(root, "hoi_tests.py", "IONFO_HOI_CLONE")
    passed, ran, measured = counts(told)
    assert passed == ran >= 251 and measured > 0.75 * ran
    found = differences(told)
    assert set(found) == {"Oinfo", "TC", "DTC", "Sinfo", "GradientOinfo", "RSI"}
    assert max(found.values()) < 1e-6  # hoi keeps its values in single precision


def test_the_tests_of_thoi_pass(root: Path) -> None:
    told = told_by(root, "thoi_tests.py", "IONFO_THOI_CLONE")
    passed, ran, measured = counts(told)
    assert passed == ran >= 28 and measured > 0.9 * ran
    found = differences(told)
    assert {"O-information", "gradient of O", "local O"} <= set(found)
    assert max(found.values()) < 1e-11


@pytest.fixture
def hoi_tests(load: Load) -> Any:
    return load("peers/hoi_tests.py")


@pytest.fixture
def correlation() -> NDArray[np.float64]:
    """Four predictors and two targets."""
    factors = np.random.default_rng(0).standard_normal((6, 6))
    covariance = factors @ factors.T + np.eye(6)
    deviation = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(deviation, deviation))


def test_synergy_about_several_targets(hoi_tests: Any, correlation: NDArray[np.float64]) -> None:
    both = hoi_tests.synergy(correlation, 2)
    # I(X; Y1, Y2) - sum_i I(X_i; Y1, Y2) from entropies
    h = lambda *of: 0.5 * np.linalg.slogdet(correlation[np.ix_(of, of)])[1]  # noqa: E731
    x, y = (0, 1, 2, 3), (4, 5)
    expected = h(*x) + h(*y) - h(*x, *y) - sum(h(i) + h(*y) - h(i, *y) for i in x)
    assert both == pytest.approx(expected, abs=1e-12)
    alone = correlation[:5, :5]
    assert hoi_tests.synergy(alone, 1) == -redundancy_synergy_index(alone, 4)


def test_the_gradient_of_two_targets_is_that_of_one_after_the_other(
    hoi_tests: Any, correlation: NDArray[np.float64]
) -> None:
    steps = hoi_tests.gradient(correlation[:5, :5], 1) + hoi_tests.gradient(correlation, 1)
    assert hoi_tests.gradient(correlation, 2) == pytest.approx(steps, abs=1e-12)
    whole = o_information(correlation) - o_information(correlation[:4, :4])
    assert steps == pytest.approx(whole, abs=1e-12)


def test_the_bias_of_a_copula_is_taken_off_in_bits(hoi_tests: Any) -> None:
    rows = np.random.default_rng(1).standard_normal((300, 5))
    values = [
        hoi_tests.measured("TC", rows, [[0, 1, 2, 3]], [4], copula)[0] for copula in (False, True)
    ]
    bias = hoi_tests.bias("TC", 4, 1, 300) / np.log(2)
    assert bias > 0.02  # of 5 independent variables, about 10 / (2 * 300) nats
    assert values[1] == pytest.approx(values[0] - bias, abs=0.005)
