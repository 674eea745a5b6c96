"""Names of `ionfo.tables` that are public here too."""

from ..tables.models import Models, read_models
from ..tables.population import Population, read_population

__all__ = ["Models", "Population", "read_models", "read_population"]
