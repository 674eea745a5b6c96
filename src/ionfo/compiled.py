"""Compiled loops of cells and traces: numba without the interpreter lock, kept where possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """Compile at the first call, without the interpreter lock, and keep the code if possible."""
    try:
        kernel: Kernel = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no folder to keep the code in
        kernel = numba.njit(nogil=True)(function)
    return kernel
