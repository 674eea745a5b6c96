"""Find whether a flipped bit in a run's files ever changes the population silently.

Flips one random bit of a random file of a run, over and over, collects the population each time,
and prints a table of what happened by kind of file.  Nothing may be silent: either the population
is the same bytes, or the command ends with a sentence, or it says which states are missing.

    ionfo sample soma --out run --steps 6 --ensembles 2
    python scripts/check/flips.py run --flips 100
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

VERDICTS = ("same", "refused", "told", "silent")


def collect(run: Path, out: Path) -> tuple[str, bytes | None]:
    """Collect a run; give what was said on standard error, and the population's bytes."""
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "ionfo", "collect", str(run), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    if "Traceback" in done.stderr or done.returncode not in (0, 2):
        raise SystemExit(f"ionfo collect ended with {done.returncode}:\n{done.stderr}")
    return done.stderr, out.read_bytes() if done.returncode == 0 else None


def flip(file: Path, rng: random.Random) -> None:
    """Flip one bit of a file."""
    content = bytearray(file.read_bytes())
    bit = rng.randrange(8 * len(content))
    content[bit // 8] ^= 1 << (bit % 8)
    file.write_bytes(content)


def main() -> None:
    """Run the flips and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--flips", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    counts: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        run, out = Path(scratch) / "run", Path(scratch) / "population.parquet"
        shutil.copytree(options.run, run)
        told, whole = collect(run, out)
        if whole is None:
            raise SystemExit(f"the run cannot be collected: {told}")
        files = [file for file in sorted(run.rglob("*")) if file.is_file() and file.stat().st_size]
        for _ in range(options.flips):
            # every kind of file counts alike, however many there are of it
            kinds = sorted({file.relative_to(run).parts[0] for file in files})
            kind = rng.choice(kinds)
            file = rng.choice([one for one in files if one.relative_to(run).parts[0] == kind])
            kept = file.read_bytes()
            flip(file, rng)
            words, found = collect(run, out)
            file.write_bytes(kept)
            if found is None:
                verdict = "refused"
            elif found == whole:
                verdict = "same"
            else:
                verdict = "told" if "cannot be read" in words else "silent"
            counts.setdefault(kind, Counter())[verdict] += 1
    print(f"{'file':<20}" + "".join(f"{one:>9}" for one in VERDICTS))
    for kind, of_kind in sorted(counts.items()):
        print(f"{kind:<20}" + "".join(f"{of_kind[one]:>9}" for one in VERDICTS))
    n_silent = sum(of_kind["silent"] for of_kind in counts.values())
    print(f"{options.flips} flips, {n_silent} changed the population silently")
    sys.exit(n_silent > 0)


if __name__ == "__main__":
    main()
