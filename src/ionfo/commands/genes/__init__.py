"""The commands of ``ionfo genes``, one file each, in the order of work."""

from collections.abc import Callable

from .beside import beside_command
from .channels import channels_command
from .identify import identify_command
from .predict import predict_command
from .regress import regress_command
from .sizes import sizes_command

COMMANDS: dict[str, Callable[..., None]] = {
    "channels": channels_command,
    "identify": identify_command,
    "sizes": sizes_command,
    "beside": beside_command,
    "regress": regress_command,
    "predict": predict_command,
}

__all__ = ["COMMANDS"]
