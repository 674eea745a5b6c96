"""The greedy search is compared with all multiplets."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., str]


def test_compare_greedy_names_what_was_missed(run: Run) -> None:
    told = run("bench/greedy.py", "--variables", "13")
    assert told.count("|") == 5 * 10 and "of 11 orders" in told
