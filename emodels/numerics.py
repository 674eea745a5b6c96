"""What may make a simulation cheaper, and by how much it may change its numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Numerics:
    """How the equations are integrated; docs/studies/levers.md measures every choice.

    Attributes
    ----------
    exact_rates : bool
        Evaluate gate rates instead of looking them up (1e-4 relative) in NMODL tables.
    max_order : int or None
        Highest order of CVODE's backward differentiation formulas, 1 to 5; None for that of
        the definition.
    share_holding : bool
        Simulate the time before the stimulus once for all sweeps at one holding current.
        A sweep that starts from the shared state differs from its own by rounding alone.
    """

    exact_rates: bool = False
    max_order: int | None = None
    share_holding: bool = True


PLAIN = Numerics(exact_rates=True, max_order=5, share_holding=False)
"""No short cut: exact rates, NEURON's default order, every sweep from its beginning."""

DEFAULT = Numerics()
"""Every short cut that keeps the scores."""
