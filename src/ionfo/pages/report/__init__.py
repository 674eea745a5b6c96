"""The report: one HTML page that needs no network, made from the tables of an analysis."""

from .page import write_page

__all__ = ["write_page"]
