"""Evaluate parameter sets, sample them by MCMC, keep the run and collect populations.

What the stub beside this file names is imported when it is first asked for: a worker needs no
sampler, and no command should wait for one that it does not use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
