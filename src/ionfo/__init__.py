"""From ion-channel conductances to higher-order statistics of neuron models."""

import os

# Where mpi4py has initialised MPI, `import neuron` would otherwise call a collective on all ranks,
# in which the driver, which never imports NEURON, does not join: every worker would wait for ever.
os.environ["NEURON_INIT_MPI"] = "0"

__version__: str

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Read the version when it is asked for: a worker of hundreds does not."""
    if name == "__version__":
        from importlib.metadata import version

        return version("ionfo")
    raise AttributeError(f"module 'ionfo' has no attribute {name!r}")
