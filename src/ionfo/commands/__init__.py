"""The commands, one file each and named as it is typed, in the order of work."""

from collections.abc import Callable

from . import dics, genes, infer
from .analyse import analyse_command
from .check import check_command
from .collect import collect_command
from .doctor import doctor_command
from .emodels import emodels_command
from .explore import explore_command
from .export import export_command
from .groups import groups_command
from .import_ import import_command
from .new import new_command
from .optimise import optimise_command
from .plot import plot_command
from .report import report_command
from .sample import sample_command
from .score import score_command
from .status import status_command
from .targets import targets_command
from .trace import trace_command
from .validate import validate_command

COMMANDS: dict[str, Callable[..., None] | dict[str, Callable[..., None]]] = {
    "doctor": doctor_command,
    "emodels": emodels_command,
    "new": new_command,
    "import": import_command,
    "targets": targets_command,
    "check": check_command,
    "score": score_command,
    "sample": sample_command,
    "optimise": optimise_command,
    "dics": dics.COMMANDS,
    "infer": infer.COMMANDS,
    "status": status_command,
    "collect": collect_command,
    "validate": validate_command,
    "trace": trace_command,
    "analyse": analyse_command,
    "groups": groups_command,
    "genes": genes.COMMANDS,
    "report": report_command,
    "plot": plot_command,
    "explore": explore_command,
    "export": export_command,
}
"""Every command by its name; ``genes``, ``dics`` and ``infer`` are commands of commands."""

TOLD = {
    "dics": "Make populations that share dynamic input conductances.",
    "infer": "Infer the parameters of cells from their features by neural posteriors.",
    "genes": "Study single-cell expression, beside models too.",
}
"""What the commands of commands are for."""

__all__ = ["COMMANDS", "TOLD"]
