"""Formulas are parsed, never evaluated as Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ionfo.emodels.distributions import Formula
from ionfo.errors import IonfoError


@pytest.mark.parametrize("text", ["1/0*distance", "10**1000*distance", "distance*(0 - 1)**0.5"])
def test_what_has_no_value_is_no_number(text: str) -> None:
    assert np.isnan(Formula(text)({"distance": np.array([1.0, 2.0])}))


def test_published_distributions() -> None:
    distance = np.array([0.0, 100.0, 650.0])
    kole = Formula("-0.8696 + 2.087*exp(0.0031*distance)")({"distance": distance})
    np.testing.assert_allclose(kole, -0.8696 + 2.087 * np.exp(0.0031 * distance))
    assert kole[0] == pytest.approx(1.2174)
    decay = Formula("exp(constant*distance)")
    assert decay.names == {"constant", "distance"}
    np.testing.assert_allclose(
        decay({"distance": distance, "constant": -0.01}), np.exp(-0.01 * distance)
    )


def test_arithmetic() -> None:
    assert Formula("-(1 + 2)*3/4**2 - log(2)")({}) == pytest.approx(-9 / 16 - math.log(2))


@pytest.mark.parametrize(
    "text",
    [
        "where(685 < distance < 885, 1, 0.1)",
        "where(685 < distance and distance < 885, 1, 0.1)*1",
        "0.1 + 0.9*int((distance > 685) & (distance < 885))",
        "1 if 685 < distance < 885 else 0.1",
        "where(not (distance <= begin or distance >= 885), 1, 0.1)",
        "where(~((distance <= begin) | (distance >= 885)), 1, 0.1)",
    ],
)
def test_a_hot_zone_is_a_step(text: str) -> None:
    distance = np.array([0.0, 685.0, 685.1, 884.9, 885.0, 1200.0])
    factor = Formula(text)({"distance": distance, "begin": 685.0})
    np.testing.assert_allclose(factor, [0.1, 0.1, 1.0, 1.0, 0.1, 0.1], rtol=1e-15)


def test_what_a_condition_keeps_away_does_no_harm() -> None:
    factor = Formula("where(distance > 0, 1/distance, 2)")({"distance": np.array([0.0, 4.0])})
    np.testing.assert_array_equal(factor, [2.0, 0.25])


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "distance.real", "(lambda: 1)()", "[1][0]", "'a'*9",
        "where(1, 2, 3)", "int(distance)", "distance > 1", "1 + (distance > 1)", "where(1 < 2, 1)",
        "where(1 < 2, 1, 3 < 4)", "distance in 1", "1 if distance else 2", "distance & 1",
        "exp(1, 2)", "open(1)", "1 if 1 else 2", "a = 1", "2 +", "True",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(IonfoError, match="distribution"):
        Formula(text)
