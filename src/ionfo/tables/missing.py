"""Rows that miss a parameter or a target, left out when they are asked to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import IonfoError, note


@dataclass(frozen=True)
class Dropped:
    """Rows that were left out for what they miss.

    Attributes
    ----------
    rows, of_rows : int
        How many, and of how many.
    columns : mapping
        Column -> rows in which it is missing.
    """

    rows: int
    of_rows: int
    columns: Mapping[str, int]

    @property
    def told(self) -> str:
        """How many rows, and of which columns."""
        named = ", ".join(f"{n} in '{name}'" for name, n in self.columns.items())
        return (
            f"left out {self.rows} of {self.of_rows} rows in which a parameter or a target is "
            f"missing ({named})"
        )


def complete_rows(
    frame: pd.DataFrame,
    parameters: pd.DataFrame,
    features: pd.DataFrame,
    targets: Sequence[str],
    file: Path,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, Dropped | None]:
    """Leave out rows in which a parameter or a target is missing, and say how many."""
    missing = pd.concat([parameters, features[list(targets)]], axis=1).isna()
    if empty := [str(name) for name in missing if missing[name].all() and len(frame)]:
        raise IonfoError(
            f"'{file}': column '{empty[0]}' is missing in all {len(frame)} rows; leave it out with "
            f"--exclude '{empty[0]}'"
        )
    is_complete = ~missing.any(axis=1)
    if is_complete.all():
        return frame, parameters, features, None
    counts = {str(name): int(n) for name, n in missing.sum().items() if n}
    dropped = Dropped(int((~is_complete).sum()), len(frame), counts)
    note(dropped.told)
    return frame[is_complete], parameters[is_complete], features[is_complete], dropped
