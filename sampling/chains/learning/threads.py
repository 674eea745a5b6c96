"""One thread for sums of products, so that their last bit does not depend on the cores."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from threadpoolctl import ThreadpoolController

_blas = ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Give a context in which sums of products do not depend on the number of cores."""
    limit: AbstractContextManager[Any] = _blas.limit(limits=1, user_api="blas")
    return limit
