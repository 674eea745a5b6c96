"""Count what a worker rank asks of the file system to its first evaluation, and its memory.

Starts a driver and a worker under mpirun, the worker under strace (apt-get install strace).

    python scripts/bench/start_up.py soma
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

OF_FILES = "%file,read,pread64,lseek,fstat,getdents64"
WORKER = """
import atexit, sys
from pathlib import Path
from ionfo.__main__ import main
status = Path("/proc/self/status").read_text
told = Path(sys.argv.pop(1))
atexit.register(lambda: told.write_text(status()))
main()
"""


def main() -> None:
    """Run the ranks and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("emodel", nargs="?", default="soma")
    parser.add_argument("--mpirun", default="mpirun")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calls, status = Path(folder) / "calls", Path(folder) / "status"
        work = ["score", options.emodel, "reference"]
        driver = [sys.executable, "-m", "ionfo", *work]
        worker = [sys.executable, "-c", WORKER, str(status), *work]
        traced = ["strace", "-f", "-c", "-e", f"trace={OF_FILES}", "-o", str(calls), *worker]
        allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                   "OMPI_MCA_rmaps_base_oversubscribe": "1"}  # fmt: skip
        for one in (worker, traced):  # memory without strace, calls with it
            command = [options.mpirun, "-n", "1", *driver, ":", "-n", "1", *one]
            subprocess.run(
                command, check=True, env={**os.environ, **allowed}, stdout=subprocess.DEVNULL
            )
            if one is worker:
                (peak,) = (x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        by_name = {row[-1]: int(row[3]) for row in map(str.split, calls.read_text().splitlines())
                   if len(row) >= 5 and row[3].isdigit()}  # fmt: skip
    names = ("open", "openat", "newfstatat", "stat", "fstat", "readlink", "access", "getdents64")
    n_metadata = sum(by_name.get(one, 0) for one in names)
    n_reads = by_name.get("read", 0) + by_name.get("pread64", 0) + by_name.get("lseek", 0)
    print(f"worker of {options.emodel}, to its first evaluation:")
    print(f"  opens and looks at files  {n_metadata:6d} calls")
    print(f"  reads and seeks           {n_reads:6d} calls")
    print(f"  peak memory               {int(peak.split()[1]) / 1024:6.0f} MiB")


if __name__ == "__main__":
    main()
