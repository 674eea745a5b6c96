"""The explorer: a local page to explore a population by hand."""

from .server import serve

__all__ = ["serve"]
