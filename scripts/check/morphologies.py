"""Try reconstructions of other tools, and print what becomes of each, as docs show it.

Every .asc, .swc and .h5 file below the folders is checked and built as ionfo does it; what is
refused is repaired (types 0 and 7 as basal, 5 and 6 as the point before) and tried again.  With
a Python that has MorphIO, sections, length and area of every neurite type are compared with it.

    python scripts/check/morphologies.py MorphIO/tests/data --morphio peers/bin/python
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from ionfo.errors import IonfoError
from ionfo.morphologies import check_build, check_morphology, morphology_notes, repair_morphology
from ionfo.morphologies.first_build import built_size
from ionfo.terminal.output import mistakes_told

TYPES = {0: "basal", 5: "parent", 6: "parent", 7: "basal"}
KINDS = ("axonal", "basal", "apical")
MORPHIO = """
import json, math, sys
import morphio
morphio.set_maximum_warnings(0)
for file in sys.argv[1:]:
    sizes = {}
    try:
        for name, kind in (("axonal", 2), ("basal", 3), ("apical", 4)):
            n, length, area = 0, 0.0, 0.0
            for section in morphio.Morphology(file).iter():
                if int(section.type) != kind:
                    continue
                n += 1
                points, diameters = section.points.tolist(), section.diameters.tolist()
                for i in range(len(points) - 1):
                    height = math.dist(points[i], points[i + 1])
                    one, two = diameters[i], diameters[i + 1]
                    length += height
                    if height > 0:
                        area += math.pi * (one + two) / 2 * math.hypot(height, (one - two) / 2)
            sizes[name] = [n, length, area]
    except Exception:
        sizes = None
    print(json.dumps([file, sizes]))
"""


def main() -> None:
    """Print a line a file, and the counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--morphio", help="python that has MorphIO")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        files = [
            file for file in sorted(folder.rglob("*"))
            if file.suffix.lower() in (".asc", ".swc", ".h5")
        ]  # fmt: skip
        print(f"\n{folder}: {len(files)} files")
        counts: Counter[str] = Counter()
        with tempfile.TemporaryDirectory() as scratch:
            for file in files:
                kind, words = tried(file, Path(scratch), arguments.morphio)
                counts[kind] += 1
                print(f"  {file.relative_to(folder)}: {kind}{': ' if words else ''}{words}")
        for kind, n in sorted(counts.items()):
            print(f"{n:5d} {kind}")


def tried(file: Path, scratch: Path, python: str | None) -> tuple[str, str]:
    """Try one file: what became of it, and the words on it."""
    refusal = refused(file)
    if refusal is None:
        notes = [note.split("': ", 1)[1] for note in morphology_notes(file)]
        return compared(file, python), "; ".join(notes)
    repaired = scratch / file.name
    try:
        done = repair_morphology(file, repaired, TYPES if file.suffix.lower() == ".swc" else None)
    except IonfoError as error:
        return "refused, with and without --repair", shown(str(error), file)
    if not done or refused(repaired) is not None:
        return "refused, with and without --repair", shown(refusal, file)
    return "refused; with --repair " + compared(repaired, python), "; ".join(done)


def refused(file: Path) -> str | None:
    """Give the sentence with which ionfo refuses a file, None where it builds."""
    try:
        check_morphology(file, needs_axon=False)
        check_build(file, replaces_axon=False)
    except IonfoError as error:
        return str(error)
    return None


def compared(file: Path, python: str | None) -> str:
    """Compare what NEURON has built with what MorphIO reads, within 0.1 %."""
    if python is None:
        return "builds"
    done = subprocess.run([python, "-c", MORPHIO, file], capture_output=True, text=True)
    if done.returncode or not done.stdout:
        return "builds; MorphIO dies of it"
    read = json.loads(done.stdout.splitlines()[-1])[1]
    if read is None:
        return "builds; MorphIO refuses it"
    made = built_size(file)
    if all(is_same(made[kind][:3], read[kind]) for kind in KINDS):
        return "builds as MorphIO reads it"
    if all(
        is_same(made[kind][:3], read[kind]) or is_same(without_soma(made[kind]), read[kind])
        for kind in KINDS
    ):
        return "builds as MorphIO reads it, but for pieces from the soma to trees"
    return "builds otherwise than MorphIO reads it"


def without_soma(made: list[float]) -> list[float]:
    """Leave out what lies between the soma and the first points."""
    return [made[0], made[1] - made[3], made[2] - made[4]]


def is_same(one: list[float], other: list[float]) -> bool:
    """Tell whether sections are equal, and length and area within 0.1 %."""
    return one[0] == other[0] and all(
        abs(a - b) <= 1e-3 * max(1.0, b) for a, b in zip(one[1:], other[1:], strict=True)
    )


def shown(words: str, file: Path) -> str:
    """Cut the path out of a sentence."""
    return words.replace(f"morphology '{file}'", "").lstrip(",: ")[:200]


if __name__ == "__main__":
    with mistakes_told():
        main()
