"""Time what `import ionfo` costs, and what it loads.

    python scripts/bench/imports.py [--repeats 9]

prints CPU seconds (user and system time of a new process, less those of an empty one), the median
of repeats after one that warms the caches, and which of the large libraries came with it.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from datetime import date

STATEMENTS = (
    "import numpy",
    "import ionfo",
    "import ionfo.analysis",
    "import numpy, ionfo.analysis; ionfo.analysis.o_information(numpy.eye(3))",
    "from ionfo.analysis import *",
    "import ionfo; ionfo.analyse",
    "import ionfo; ionfo.sample",
)
LARGE = ("numpy", "scipy.special", "scipy.stats", "numba", "pandas", "pyarrow", "matplotlib",
         "neuron", "efel", "emcee")  # fmt: skip


def cpu_seconds(code: str) -> float:
    """Run a statement in a new process; give its user and system time, s."""
    before = os.times()
    subprocess.run([sys.executable, "-c", code], check=True)
    after = os.times()
    return (
        after.children_user - before.children_user + after.children_system - before.children_system
    )


def loaded(code: str) -> list[str]:
    """Name the large libraries that a statement loads."""
    told = f"\nimport sys\nprint(*(one for one in {LARGE!r} if one in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code + told], check=True, capture_output=True, text=True
    )
    return done.stdout.split()


def main() -> None:
    """Print a line for each statement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    print(f"# {date.today()} {platform.machine()} python {platform.python_version()}")
    for code in ("pass", *STATEMENTS):
        subprocess.run([sys.executable, "-c", code], check=True)  # warms the caches
    empty = statistics.median(cpu_seconds("pass") for _ in range(repeats))
    for code in STATEMENTS:
        taken = statistics.median(cpu_seconds(code) for _ in range(repeats)) - empty
        print(f"{taken:6.2f} CPU s  {code}  loads {', '.join(loaded(code)) or 'none of them'}")


if __name__ == "__main__":
    main()
