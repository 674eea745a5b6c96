"""Names of the columns of a population."""

from __future__ import annotations

from ..emodels import EModel


def columns(emodel: EModel) -> tuple[list[str], list[str], list[str]]:
    """Column names of parameters, features and scores."""
    return (
        [f"parameters/{name}" for name in emodel.free_names],
        [f"features/{name}" for name in emodel.feature_names],
        [f"scores/{name}" for name in emodel.feature_names],
    )
