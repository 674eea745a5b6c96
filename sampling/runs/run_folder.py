"""What every run folder has: the question in run.json, the e-model, a log."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from ...emodels import EModel, parse_emodel
from ...errors import IonfoError, why_unread
from ...tables.files import read_sealed, write_sealed

FORMAT = 2


class RunFolder:
    """A run folder of one kind.

    Parameters
    ----------
    folder : Path
        The run folder.

    Attributes
    ----------
    kind : str or None
        What run.json calls it; None for chains.
    is_another : str
        Said of a folder of another kind.
    """

    kind: ClassVar[str | None] = None
    is_another: ClassVar[str] = "is of another kind"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def check_free(folder: Path) -> None:
        """Check that a new run may use this folder, before the work that fills it.

        Raises
        ------
        IonfoError
            If it holds another run or other files, or cannot be written.
        """
        if (folder / "run.json").exists():
            raise IonfoError(f"'{folder}' holds another run; choose another folder with --out")
        if folder.exists() and not folder.is_dir():
            raise IonfoError(f"'{folder}' is a file; choose another folder with --out")
        if folder.exists() and any(
            not one.name.startswith(("lock", ".lock.")) for one in folder.iterdir()
        ):
            raise IonfoError(
                f"'{folder}' is not empty and is no run; choose another folder with --out"
            )
        existing = next(
            one for one in (folder.absolute(), *folder.absolute().parents) if one.exists()
        )
        if not os.access(existing, os.W_OK | os.X_OK):
            raise IonfoError(f"'{existing}' cannot be written to; choose another folder with --out")

    def write_settings(self, settings: Mapping[str, Any]) -> None:
        """Replace what was asked."""
        content = {**settings, "format": FORMAT}
        write_sealed(self.folder / "run.json", content, indent=1)

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked (run.json).

        Raises
        ------
        IonfoError
            If this is no run folder, or one of a newer version.
        """
        path = self.folder / "run.json"
        if self.folder.is_file():
            raise IonfoError(
                f"'{self.folder}' is a file; give the run folder that `ionfo sample` wrote; to "
                f"look at a population: ionfo report {self.folder} --out report"
            )
        if not self.folder.exists():
            raise IonfoError(f"run folder '{self.folder}' does not exist")
        try:
            content: dict[str, Any] = read_sealed(path)
        except FileNotFoundError:
            raise IonfoError(f"'{self.folder}' is no run folder: it has no run.json") from None
        except (OSError, ValueError, RecursionError) as error:
            raise IonfoError(f"'{path}' cannot be read: {why_unread(error)}") from None
        if not isinstance(content, dict) or "format" not in content:
            raise IonfoError(f"'{path}' is damaged: it names no run format")
        if content.get("kind") != self.kind:
            raise IonfoError(f"'{self.folder}' {self.is_another}")
        if content["format"] != FORMAT:
            raise IonfoError(
                f"'{self.folder}' has run format {content.get('format')} and this version reads "
                f"{FORMAT}; use the version of ionfo that wrote it"
            )
        if not isinstance(content.get("emodel"), dict):
            raise IonfoError(f"'{path}' is damaged: it holds no e-model")
        return content

    @cached_property
    def emodel(self) -> EModel:
        """The e-model of the run."""
        return parse_emodel(json.dumps(self.settings["emodel"]), str(self.folder / "run.json"))

    def log(self, event: str, **fields: Any) -> None:
        """Append clock data to the log."""
        line = json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S"), "event": event, **fields})
        with open(self.folder / "log.jsonl", "a") as handle:
            handle.write(line + "\n")

    def read_log(self) -> list[dict[str, Any]]:
        """Give the lines of the log that can be read."""
        try:
            lines = (self.folder / "log.jsonl").read_text().splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            try:
                one = json.loads(line)
            except ValueError:
                continue
            if isinstance(one, dict):
                found.append(one)
        return found
