"""Commands of the command line, a few to a file."""

from .formats import register_formats

__all__ = ["register_formats"]
