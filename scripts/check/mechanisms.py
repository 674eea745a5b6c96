"""Try folders of published mechanisms, and print what becomes of each, as docs show it.

Every folder of .mod files is read, compiled into a cache of its own and loaded into NEURON by a
process of its own, as ionfo does it; every channel is then inserted into a section.

    python scripts/check/mechanisms.py hay/mod bluepyopt/examples/l5pc/mechanisms
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from ionfo.errors import IonfoError
from ionfo.mechanisms.build import build_mechanisms, check_names, declared_mechanisms
from ionfo.terminal.output import mistakes_told

LOAD = """
import sys
from pathlib import Path
from ionfo.mechanisms import load_mechanisms, mechanism_files
from ionfo.mechanisms.build import declared_mechanisms
folder = Path(sys.argv[2])
load_mechanisms(Path(sys.argv[1]), tuple(mechanism_files(folder)))
from neuron import h
section = h.Section(name="section")
missing = []
for name, one in declared_mechanisms(folder).items():
    if one.kind == "SUFFIX":
        section.insert(name)
        missing += [f"{v}_{name}" for v in one.of_sections if not hasattr(section, f"{v}_{name}")]
        missing += [f"{v}_{name}" for v in one.shared if not hasattr(h, f"{v}_{name}")]
print(" ".join(missing))
"""


def main() -> None:
    """Print a line a folder, and the counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["IONFO_CACHE"] = cache
        for folder in arguments.folders:
            outcome, words = tried(folder)
            counts[outcome] += 1
            print(f"{folder}: {outcome}; {words}", flush=True)
    for outcome, n in sorted(counts.items()):
        print(f"{n:5d} {outcome}")


def tried(folder: Path) -> tuple[str, str]:
    """Try one folder: what became of it, and the words on it."""
    try:
        check_names(folder)
        present = declared_mechanisms(folder)
        kinds = Counter(one.kind for one in present.values())
        n_shared = sum(len(one.shared) for one in present.values())
        began = time.monotonic()
        library = build_mechanisms(folder)
    except IonfoError as error:
        return "refused", str(error).replace("\n", " ")[:300]
    seconds = time.monotonic() - began
    done = subprocess.run(
        [sys.executable, "-c", LOAD, library, folder], capture_output=True, text=True
    )
    if done.returncode:
        return "cannot be loaded", (done.stderr.strip().splitlines() or ["it dies"])[-1]
    what = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
    words = f"{what}; {n_shared} parameters of the whole cell; {seconds:.0f} s"
    if missing := done.stdout.strip():
        return "loaded; names read wrongly", f"{words}: {missing}"
    return "loaded", words


if __name__ == "__main__":
    with mistakes_told():
        main()
