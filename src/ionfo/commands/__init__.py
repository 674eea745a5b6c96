"""Commands of the command line, a few to a file."""

from .doctor import register_doctor
from .formats import register_formats
from .optimise import register_optimise
from .plot import register_plot
from .report import register_report
from .validate import register_validate

__all__ = [
    "register_doctor",
    "register_formats",
    "register_optimise",
    "register_plot",
    "register_report",
    "register_validate",
]
