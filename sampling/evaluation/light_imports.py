"""Keep a worker from importing what it never runs.

Hundreds of ranks start at once, from one file system, and packages import more than an evaluation
needs: BluePyOpt imports pandas and jinja2 for its protocols and exports, eFEL imports neo to read
recordings, NEURON asks IPython whether somebody types.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

POSTPONED = ("pandas", "jinja2", "neo")
"""Imported when something of them is used, which in an evaluation nothing is."""


class _Postponed(ModuleType):
    """Stand for a package until something of it is asked for.

    `importlib.util.LazyLoader` is of no use here: the next ``import`` of its module loads it.
    """

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def import_lightly() -> None:
    """Postpone such imports in this process, and leave IPython out; call in workers, first."""
    for name in POSTPONED:
        sys.modules.setdefault(name, _Postponed(name))
    # what an import finds as None it takes for missing; nobody types in a worker
    sys.modules.setdefault("IPython", None)  # type: ignore[arg-type]
