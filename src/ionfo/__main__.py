"""Run the command line with ``python -m ionfo``."""

from .cli import main

main()
