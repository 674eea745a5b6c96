"""Libraries that only some analyses need, and the sentence for whoever lacks one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ..errors import IonfoError

_PACKAGES = {"umap": "umap-learn", "sklearn": "scikit-learn", "chaospy": "chaospy"}


def needed(module: str) -> Any:
    """Import a module of the optional extra ``optimise``.

    Raises
    ------
    IonfoError
        If it is not installed; says how to install it.
    """
    try:
        return import_module(module)
    except ImportError:
        package = _PACKAGES.get(module.split(".")[0], module)
        raise IonfoError(
            f"this analysis needs '{package}', which is not installed; install it with: "
            'pip install "ionfo[optimise]"'
        ) from None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep notes of optional packages about their own futures and threads off the screen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield
