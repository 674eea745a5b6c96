"""The commands of ``ionfo infer``, one file each, in the order of work."""

from collections.abc import Callable

from .calibrate import calibrate_command
from .check import check_command
from .posterior import posterior_command
from .simulate import simulate_command
from .train import train_command

COMMANDS: dict[str, Callable[..., None]] = {
    "simulate": simulate_command,
    "train": train_command,
    "calibrate": calibrate_command,
    "check": check_command,
    "posterior": posterior_command,
}

__all__ = ["COMMANDS"]
