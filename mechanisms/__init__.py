"""Ion channels and calcium dynamics as NMODL files, and their compilation."""

from .build import build_mechanisms, load_mechanisms, mechanism_files

__all__ = ["build_mechanisms", "load_mechanisms", "mechanism_files"]
