"""Weights from acceptance rates: exact where rounding allows, right where they say so."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.tables.exchange.held_steps import accept_rates, held_steps


@pytest.mark.parametrize(("share", "n_steps"), [(0.05, 400), (0.3, 400), (0.9, 300), (0.3, 8000)])
def test_steps_of_a_simulated_chain(share: float, n_steps: int) -> None:
    rng = np.random.default_rng(3)
    step = np.flatnonzero(np.append(True, rng.random(n_steps) < share))
    held = held_steps(accept_rates(step))
    assert held is not None
    true = np.diff(step)
    exact = held.is_exact[:-1]
    np.testing.assert_array_equal(held.weight[:-1][exact], true[exact])
    # a rate of r per cent after k states is known to 0.05, its step to 100 k 0.05/r^2
    rounding = 100 * np.arange(1, len(step) + 1) * 0.05 / accept_rates(step) ** 2
    assert (np.abs(held.step - step) <= np.ceil(rounding) + 1).all()
    assert (held.weight >= 1).all() and held.weight[-1] == 1 and not held.is_exact[-1]
    assert share < 0.3 or exact[:15].all()


def test_a_chain_without_its_first_row() -> None:
    step = np.array([0, 3, 4, 9, 11])
    held = held_steps(accept_rates(step)[1:], first=2)
    assert held is not None
    np.testing.assert_array_equal(held.step, step[1:])


@pytest.mark.parametrize(
    "rates", [[], [100.0, np.nan], [0.0], [100.0, 99.0, 98.0], [101.0], [100.0, 30.0, 90.0]]
)
def test_rates_of_no_chain(rates: list[float]) -> None:
    assert held_steps(rates) is None
