"""From ion-channel conductances to higher-order statistics of neuron models."""

import os
from importlib.metadata import version

# Where mpi4py has initialised MPI, `import neuron` would otherwise call a collective on all ranks,
# in which the driver, which never imports NEURON, does not join: every worker would wait for ever.
os.environ["NEURON_INIT_MPI"] = "0"

__version__ = version("ionfo")

__all__ = ["__version__"]
