"""The explorer: a local page to explore a population by hand."""

from .server import Server, serve

__all__ = ["Server", "serve"]
