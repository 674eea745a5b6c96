"""Compiled kernels: numba without the interpreter lock, cached where a cache can be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """Compile a kernel at its first call; it then runs without holding the interpreter lock.

    The machine code is kept beside the source, else in the user's cache folder, else (both
    read-only) only for this process.
    """
    try:
        kernel: Kernel = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no folder to keep the code in
        kernel = numba.njit(nogil=True)(function)
    return kernel
