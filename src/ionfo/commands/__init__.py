"""Commands of the command line, a few to a file."""

from .doctor import register_doctor
from .formats import register_formats

__all__ = ["register_doctor", "register_formats"]
