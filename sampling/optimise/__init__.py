"""Staged multi-objective optimisation: BluePyOpt's IBEA on the evaluators of the sampler.

Names are imported when they are first asked for, as those of `ionfo.sampling`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
