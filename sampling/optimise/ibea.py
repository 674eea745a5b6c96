"""The indicator-based evolutionary algorithm of BluePyOpt, one generation at a time.

Individuals, operators and selector are BluePyOpt's and DEAP's own.  They draw from the global
generator of Python's `random`; here it is lent a state that belongs to this search alone, so that
neither other searches nor anything else in the program has a part in it.

References
----------
Zitzler & Kuenzli (2004), PPSN VIII, 832 (IBEA); Van Geit et al. (2016), Front. Neuroinform. 10:17
(BluePyOpt); Deb & Agrawal (1995), Complex Syst. 9:115 (simulated binary crossover).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...features import MAX_SCORE

ETA = 10.0
"""Crowding of crossover and mutation: the larger, the closer children are to their parents."""


@dataclass(frozen=True)
class Member:
    """A model of a population of the search.

    Attributes
    ----------
    values : tuple of float
        Free parameters of the search.
    scores : tuple of float
        One per objective.
    data : object
        What else belongs to it; the search does not look at it.
    """

    values: tuple[float, ...]
    scores: tuple[float, ...]
    data: Any = None

    @property
    def total(self) -> float:
        """Sum of the scores."""
        return sum(self.scores)


class Ibea:
    """A search that is asked for models and told their scores.

    Parents are selected from the parents and their children (mu + lambda), mu being the number of
    offspring; the hall of fame keeps the models of the smallest summed scores ever met.

    Parameters
    ----------
    bounds : ndarray, shape (n_parameters, 2)
        Where models may be.
    n_objectives : int
        Scores of a model.
    n_offspring : int
        Models of a generation.
    seed : int or str
        Of all random numbers.
    hall_size : int
        Models in the hall of fame.
    """

    def __init__(
        self,
        bounds: NDArray[np.float64],
        n_objectives: int,
        n_offspring: int,
        seed: int | str,
        hall_size: int = 10,
    ) -> None:
        import deap.tools
        from bluepyopt.deapext.optimisations import DEAPOptimisation

        self._random: Any = random.Random(seed).getstate()
        self._n_objectives = n_objectives
        self._n_offspring = n_offspring
        self._hall = deap.tools.HallOfFame(hall_size)
        self._parents: list[Any] = []
        evaluator = SimpleNamespace(
            objectives=[None] * n_objectives,
            params=[
                SimpleNamespace(lower_bound=float(low), upper_bound=float(high))
                for low, high in bounds
            ],
            init_simulator_and_evaluate_with_lists=lambda values: None,  # nobody calls it
        )
        with self._own_random():
            self._toolbox = DEAPOptimisation(
                evaluator, seed=seed, offspring_size=n_offspring, eta=ETA, cxpb=1.0, mutpb=1.0
            ).toolbox
        self.generation = 0
        """Generations that have been told."""

    def ask(self) -> list[tuple[float, ...]]:
        """Give the models of the next generation: uniform draws at first, then children."""
        with self._own_random():
            if self.generation == 0:
                self._asked = self._toolbox.population(n=self._n_offspring)
            else:
                self._asked = self._toolbox.variate(self._parents, self._toolbox, 1.0, 1.0)
        return [tuple(map(float, one)) for one in self._asked]

    def tell(self, scores: Sequence[Sequence[float]], data: Sequence[Any]) -> None:
        """Take the scores of the models that were asked for; missing and large ones are 250."""
        for one, values, what in zip(self._asked, scores, data, strict=True):
            one.fitness.values = tuple(min(float(value), MAX_SCORE) for value in values)
            one.data = what
        children = self._asked
        population = self._parents + children
        self._hall.update(population)
        self.generation += 1
        if self.generation == 1:
            self._parents = children
        else:
            with self._own_random():
                self._parents = self._toolbox.select(population, self._n_offspring)

    @property
    def parents(self) -> list[Member]:
        """Whose children come next, with repetition."""
        return [_member(one) for one in self._parents]

    @property
    def hall(self) -> list[Member]:
        """The best so far, by their summed scores."""
        return [_member(one) for one in self._hall]

    @property
    def random_state(self) -> list[Any]:
        """State of the generator, as JSON can hold it."""
        version, numbers, gauss = self._random
        return [version, list(numbers), gauss]

    def restore(
        self,
        generation: int,
        random_state: Sequence[Any],
        parents: Sequence[Member],
        hall: Sequence[Member],
    ) -> None:
        """Go on from where a search of the same settings was."""
        version, numbers, gauss = random_state
        self._random = (version, tuple(int(one) for one in numbers), gauss)
        self.generation = generation
        self._parents = [self._individual(one) for one in parents]
        self._hall.items = [self._individual(one) for one in hall]
        self._hall.keys = [one.fitness for one in reversed(self._hall.items)]

    def _individual(self, member: Member) -> Any:
        from bluepyopt.deapext.optimisations import WSListIndividual

        one = WSListIndividual(member.values, obj_size=self._n_objectives)
        one.fitness.values = member.scores
        one.data = member.data
        return one

    @contextmanager
    def _own_random(self) -> Iterator[None]:
        """Lend the generator of `random` the state of this search."""
        kept = random.getstate()
        random.setstate(self._random)
        try:
            yield
        finally:
            self._random = random.getstate()
            random.setstate(kept)


def _member(one: Any) -> Member:
    return Member(tuple(map(float, one)), tuple(one.fitness.values), one.data)
