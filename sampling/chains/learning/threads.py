"""One thread for sums of products, so that their last bit does not depend on the cores."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

# both bring a library of their own, of which the controller knows only once it is loaded
import numpy as np  # noqa: F401
import scipy.linalg  # noqa: F401
from threadpoolctl import ThreadpoolController

_blas = ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Give a context in which sums of products do not depend on the number of cores."""
    limit: AbstractContextManager[Any] = _blas.limit(limits=1, user_api="blas")
    return limit
