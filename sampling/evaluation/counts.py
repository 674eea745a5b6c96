"""What evaluations have taken, and why they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .evaluator import Evaluation


@dataclass
class Counts:
    """Sums over evaluations.

    Attributes
    ----------
    evaluations, whole : Counter
        Number of all evaluations under "n" and their integrator steps under "steps"; the same
        of those that went to the end.
    rejected, rejected_steps : Counter
        Protocol -> evaluations that it ended, and the integrator steps of those.
    protocols, protocol_steps : Counter
        Protocol -> evaluations in which it was run, and its integrator steps in them.
    reasons : Counter
        Why the first feature of an evaluation was missing.
    """

    evaluations: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    rejected_steps: Counter[str] = field(default_factory=Counter)
    protocols: Counter[str] = field(default_factory=Counter)
    protocol_steps: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def n_evaluations(self) -> int:
        """All of them."""
        return self.evaluations["n"]

    @property
    def n_steps(self) -> int:
        """Their integrator steps."""
        return self.evaluations["steps"]

    def add(self, one: Evaluation) -> None:
        """Count an evaluation."""
        self.evaluations.update(n=1, steps=one.n_steps)
        if one.rejected_by is None:
            self.whole.update(n=1, steps=one.n_steps)
        else:
            self.rejected[one.rejected_by] += 1
            self.rejected_steps[one.rejected_by] += one.n_steps
        self.protocols.update(one.protocol_steps.keys())
        self.protocol_steps.update(one.protocol_steps)
        self.reasons.update(list(one.reasons.values())[:1])

    def __iadd__(self, other: Counts) -> Counts:
        for each in fields(self):
            getattr(self, each.name).update(getattr(other, each.name))
        return self

    def to_json(self) -> dict[str, dict[str, int]]:
        """Give plain numbers."""
        return {each.name: dict(getattr(self, each.name)) for each in fields(self)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Counts:
        """Read what `to_json` gave."""
        return cls(**{each.name: Counter(content[each.name]) for each in fields(cls)})
