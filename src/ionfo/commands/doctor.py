"""``ionfo doctor``."""

from __future__ import annotations

import typer

from ..terminal.output import add_result

UNHEALTHY = 3
"""Exit code when something must be mended."""


def doctor_command() -> None:
    """Check python, NEURON, compiler, MPI, mechanism cache, threads and memory, a line each.

    Exit code 3 when something must be mended before ionfo can simulate.

    Example: ionfo doctor
    """
    from ..terminal.doctor import as_result, examine

    findings = examine()
    for one in findings:
        print(one.line)
    result = as_result(findings)
    add_result(result)
    if not result["healthy"]:
        raise typer.Exit(UNHEALTHY)
