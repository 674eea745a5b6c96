"""Which cell a table was made with: hashes of its morphology and mechanisms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import IonfoError
from ...mechanisms.build import content_hash


def cell_hashes(morphology: Path, mechanisms: Path) -> dict[str, Any]:
    """Describe the files of a cell for the metadata of a table."""
    return {
        "morphology": {
            "file": morphology.name,
            "sha256": hashlib.sha256(morphology.read_bytes()).hexdigest(),
        },
        "mechanisms_hash": content_hash(mechanisms),
    }


def check_same_cell(
    metadata: Mapping[str, Any], morphology: Path, mechanisms: Path, origin: str
) -> None:
    """Check that a table was made with these files.

    Raises
    ------
    IonfoError
        If its metadata name another morphology or other mechanisms.
    """
    present = cell_hashes(morphology, mechanisms)
    made = metadata.get("morphology")
    if isinstance(made, dict) and made.get("sha256") != present["morphology"]["sha256"]:
        raise IonfoError(
            f"'{origin}' was made with morphology '{made.get('file')}', not with "
            f"'{morphology.name}' as it is now; give it with --morphology"
        )
    if metadata.get("mechanisms_hash", present["mechanisms_hash"]) != present["mechanisms_hash"]:
        raise IonfoError(
            f"'{origin}' was made with other mechanisms than those in '{mechanisms}'; give them "
            "with --mechanisms"
        )
