"""One ensemble's chain: emcee walks, the run folder remembers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import emcee
import numpy as np
from emcee.state import State

from .backend import SegmentBackend
from .learning.density import SurrogateDensity
from .moves import EarlyRejection, make_moves
from .settings import SampleSettings
from .start import Start
from .target import Target, blob_dtype
from .writer import RunWriter


class Chain:
    """The chain of one ensemble.

    Parameters
    ----------
    target : Target
        The density.
    writer : RunWriter
        Of the run folder.
    settings : SampleSettings
        Give steps, seed, moves.
    ensemble : int
        Number of the ensemble.
    n_tries : int
        Proposals of a walker in a step.
    density : SurrogateDensity, optional
        What move ``surrogate`` walks on.
    """

    def __init__(
        self,
        target: Target,
        writer: RunWriter,
        settings: SampleSettings,
        ensemble: int = 0,
        n_tries: int = 1,
        density: SurrogateDensity | None = None,
    ) -> None:
        self.target = target
        self.settings = settings
        self.ensemble = ensemble
        bounds = target.emodel.bounds
        moves = make_moves(settings.mixture(), bounds, settings.adapt_steps, density, target.pool)
        remembering = [move for move, _ in moves if hasattr(move, "to_json")]
        self.backend = SegmentBackend(
            writer,
            target.emodel,
            ensemble,
            target.counts,
            remembering,
            n_tries,
            bool(settings.keep_rejected),
            target.log_prob,
        )
        self._moves = [
            (
                EarlyRejection(
                    move,
                    target,
                    settings.early_rejection,
                    n_tries,
                    self.backend.save_trials,
                    lambda: int(self.backend.iteration),
                ),
                weight,
            )
            for move, weight in moves
        ]
        self.state: State = None

    def begin(self, start: Start) -> None:
        """Put the walkers at their starting points."""
        generator = np.random.RandomState(  # noqa: NPY002  emcee takes numpy's legacy generator
            np.random.MT19937(stream(self.settings.seed, 1, self.ensemble))
        )
        self.state = State(
            start.theta,
            log_prob=self.target.log_prob(start.blobs["cost"]),
            blobs=start.blobs,
            random_state=generator.get_state(),
        )
        self.backend.reset(*start.theta.shape)
        self.backend.save_initial(self.state)

    def resume(self, n_walkers: int) -> None:
        """Go on where the run folder stands."""
        self.backend.reset(n_walkers, len(self.target.emodel.free_names))
        self.state = self.backend.resume()

    def walk(self, tell: Callable[[Chain], None] = lambda chain: None) -> None:
        """Walk until all steps are done."""
        n_left = self.settings.steps - self.backend.iteration
        if n_left <= 0:
            return
        n_walkers, n_parameters = self.state.coords.shape
        sampler = emcee.EnsembleSampler(
            n_walkers,
            n_parameters,
            self.target,
            backend=self.backend,
            blobs_dtype=blob_dtype(self.target.emodel),
            vectorize=True,
            moves=self._moves,
        )
        steps: Any = sampler.sample(
            self.state, iterations=n_left, store=True, skip_initial_state_check=True
        )
        for state in steps:
            self.state = state
            tell(self)

    @property
    def acceptance(self) -> float:
        """Fraction of steps at which a walker moved."""
        return float(self.backend.accepted.mean()) / max(1, self.backend.iteration)


def stream(seed: int, phase: int, ensemble: int) -> np.random.SeedSequence:
    """Give the stream of a phase and ensemble.

    Phases are 0 start, 1 chain, 2 order, 3 tries, 4 rounds, 5 walks, 6 draws.
    """
    return np.random.SeedSequence(seed, spawn_key=(phase, ensemble))
