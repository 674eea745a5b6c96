"""From ion-channel conductances to higher-order statistics of neuron models.

Every command is one function here, with the same words; what it returns shows itself in a notebook.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Where mpi4py has initialised MPI, `import neuron` would otherwise call a collective on all ranks,
# in which the driver, which never imports NEURON, does not join: every worker would wait for ever.
os.environ["NEURON_INIT_MPI"] = "0"

if TYPE_CHECKING:
    from .emodels import EModel, list_emodels, load_emodel
    from .errors import IonfoError
    from .sampling.chains.sample import Run, collect, sample
    from .sampling.evaluation.score import score
    from .studies import dics, genes, infer
    from .studies.check import Check, check
    from .studies.explore import explore
    from .studies.findings import Findings
    from .studies.group_findings import GroupFindings
    from .studies.groups import groups
    from .studies.new import NewDefinition, new
    from .studies.optimise import optimise
    from .studies.population import analyse
    from .studies.targets import Targets, targets
    from .tables.population import Population, read_population

__version__: str

__all__ = [
    "Check",
    "EModel",
    "Findings",
    "GroupFindings",
    "IonfoError",
    "NewDefinition",
    "Population",
    "Run",
    "Targets",
    "__version__",
    "analyse",
    "check",
    "collect",
    "dics",
    "explore",
    "genes",
    "groups",
    "infer",
    "list_emodels",
    "load_emodel",
    "new",
    "optimise",
    "read_population",
    "sample",
    "score",
    "targets",
]

_HOMES = {
    "Check": "studies.check",
    "EModel": "emodels",
    "Findings": "studies.findings",
    "GroupFindings": "studies.group_findings",
    "IonfoError": "errors",
    "NewDefinition": "studies.new",
    "Population": "tables.population",
    "Run": "sampling.chains.sample",
    "Targets": "studies.targets",
    "analyse": "studies.population",
    "check": "studies.check",
    "collect": "sampling.chains.sample",
    "explore": "studies.explore",
    "groups": "studies.groups",
    "list_emodels": "emodels",
    "load_emodel": "emodels",
    "new": "studies.new",
    "optimise": "studies.optimise",
    "read_population": "tables.population",
    "sample": "sampling.chains.sample",
    "score": "sampling.evaluation.score",
    "targets": "studies.targets",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: a worker of hundreds needs none of it."""
    if name == "__version__":
        from importlib.metadata import version

        return version("ionfo")
    if name in ("dics", "genes", "infer"):
        return import_module(f".studies.{name}", __name__)
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module 'ionfo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
