"""Formulas are parsed, never evaluated as Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ionfo.emodels.distributions import Formula
from ionfo.errors import IonfoError


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
        "__import__('os').system('true')", "distance.real", "(lambda: 1)()", "[1][0]", "'a'*9",
        "exp(1, 2)", "open(1)", "1 if 1 else 2", "a = 1", "2 +", "True",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(IonfoError, match="distribution"):
        Formula(text)
