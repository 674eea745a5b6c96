"""Compiled loops: numba without the interpreter lock, kept where possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel, **options: Any) -> Kernel:
    """Compile a loop at its first call; it then runs without holding the interpreter lock.

    The machine code is kept beside the source, else in the user's cache folder, else (both
    read-only) only for this process.  A division by zero gives inf or NaN, as arrays do.

    Parameters
    ----------
    function : callable
        Takes and gives what numba knows.
    **options
        More of `numba.njit`.
    """
    options = {"nogil": True, "error_model": "numpy", **options}
    try:
        kernel: Kernel = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba found no folder to keep the code in
        kernel = numba.njit(**options)(function)
    return kernel
