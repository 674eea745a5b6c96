"""From a matrix to information: measures on arrays, all multiplets, nulls, figures.

Values are in nats and float64.  Positive O-information and positive RSI mean that redundancy
dominates, negative that synergy does.  What the stub beside this file names is imported when it is
first asked for: a measure of one matrix waits neither for a compiler nor for distributions.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
