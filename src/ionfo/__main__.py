"""Run the command line with ``python -m ionfo`` or ``ionfo``."""

import sys

from .terminal.ranks import is_worker, work_as_rank


def main() -> None:
    """Work as an MPI rank if a launcher made this process one, else run the command line."""
    if is_worker():
        sys.exit(work_as_rank(sys.argv[1:]))
    from .cli import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
