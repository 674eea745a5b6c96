"""The commands of ``ionfo dics``, one file each, in the order of work."""

from collections.abc import Callable

from .generate import generate_command
from .reachable import reachable_command
from .reconstruct import reconstruct_command
from .simulate import simulate_command
from .train import train_command

COMMANDS: dict[str, Callable[..., None]] = {
    "reachable": reachable_command,
    "generate": generate_command,
    "simulate": simulate_command,
    "train": train_command,
    "reconstruct": reconstruct_command,
}

__all__ = ["COMMANDS"]
