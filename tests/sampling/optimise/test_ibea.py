"""The search is BluePyOpt's, generation by generation, with a generator of its own."""

from __future__ import annotations

import json
import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ionfo.sampling.optimise import Ibea

BOUNDS = np.array([[-3.0, 2.0], [0.0, 1.0], [-1.0, 4.0]])
OPTIMUM = np.array([0.5, 0.25, 1.0])


def scores(values: Any) -> tuple[float, ...]:
    return tuple(float(abs(one)) for one in np.asarray(values) - OPTIMUM)


def search(n_generations: int, seed: int = 3, n: int = 10) -> Ibea:
    found = Ibea(BOUNDS, 3, n, seed)
    go_on(found, n_generations)
    return found


def go_on(found: Ibea, n_generations: int) -> None:
    while found.generation < n_generations:
        asked = found.ask()
        found.tell([scores(one) for one in asked], list(range(len(asked))))


def test_is_the_search_of_bluepyopt() -> None:
    from bluepyopt.deapext.optimisations import IBEADEAPOptimisation

    evaluator = SimpleNamespace(
        objectives=[None] * 3,
        params=[SimpleNamespace(lower_bound=low, upper_bound=high) for low, high in BOUNDS],
        init_simulator_and_evaluate_with_lists=scores,
    )
    kept = random.getstate()
    theirs = IBEADEAPOptimisation(evaluator=evaluator, seed=3, offspring_size=10, eta=10)
    _, hall, _, _ = theirs.run(max_ngen=8)
    random.setstate(kept)
    ours = search(8)
    assert [one.values for one in ours.hall] == [tuple(one) for one in hall]
    assert [one.scores for one in ours.hall] == [one.fitness.values for one in hall]


def test_restored_search_goes_on_as_if_nothing_had_happened() -> None:
    whole = search(9)
    half = search(4)
    state = json.loads(json.dumps(half.random_state))
    again = Ibea(BOUNDS, 3, 10, 3)
    again.restore(half.generation, state, half.parents, half.hall)
    go_on(again, 9)
    assert again.hall == whole.hall and again.parents == whole.parents
    assert again.random_state == whole.random_state


def test_searches_do_not_disturb_each_other_or_the_program() -> None:
    random.seed(1)
    expected = random.Random(1).random()
    alone = search(5)
    first, second = Ibea(BOUNDS, 3, 10, 3), Ibea(BOUNDS, 3, 10, 4)
    for generation in range(1, 6):
        for one in (first, second):
            go_on(one, generation)
    assert first.hall == alone.hall
    assert second.hall != alone.hall
    assert random.random() == expected


def test_converges_and_caps_scores() -> None:
    found = search(60, n=20)
    assert found.hall[0].total < 0.3
    assert np.allclose(found.hall[0].values, OPTIMUM, atol=0.2)
    one = Ibea(BOUNDS, 3, 2, 0)
    one.ask()
    one.tell([(1.0, np.inf, 300.0), (0.0, 0.0, 0.0)], [None, None])
    assert one.hall[1].scores == (1.0, 250.0, 250.0)


@pytest.mark.parametrize("n", [2, 3])
def test_smallest_generations(n: int) -> None:
    assert len(search(3, n=n).parents) == n
