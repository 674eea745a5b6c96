"""Names of `ionfo.tables` that are public here too."""

from ..tables.models import Models, read_models

__all__ = ["Models", "read_models"]
