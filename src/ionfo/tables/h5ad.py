"""AnnData files, opened with a sentence when they cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import IonfoError


def open_h5ad(file: Path) -> Any:
    """Give the AnnData of a file.

    Raises
    ------
    IonfoError
        If it is missing or damaged, or the package anndata is not installed.
    """
    if not file.is_file():
        raise IonfoError(f"file '{file}' does not exist")
    try:
        import anndata
    except ImportError:
        raise IonfoError(
            f"'{file}' needs the package anndata; install it with: pip install 'ionfo[genes]'"
        ) from None
    try:
        return anndata.read_h5ad(file)
    except Exception as error:  # anndata and h5py raise many kinds
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise IonfoError(f"file '{file}' cannot be read as h5ad: {told}") from None


def matrix_of(content: Any, file: Path) -> Any:
    """Give the matrix X of an AnnData, dense.

    Raises
    ------
    IonfoError
        If it has none, or a name stands twice.
    """
    if content.X is None:
        raise IonfoError(f"'{file}' holds no matrix X")
    names = [str(name) for name in content.var_names]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise IonfoError(f"'{file}' has gene '{twice}' twice; make its names unique")
    return content.X.toarray() if hasattr(content.X, "toarray") else content.X
