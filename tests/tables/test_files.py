"""Files prove themselves, and the results of a command appear all together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.errors import IonfoError
from ionfo.tables.files import (
    file_hash,
    read_sealed,
    read_table,
    whole_folder,
    write_sealed,
    write_table,
)


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.standard_normal((40, 3)), columns=["parameters/a", "cost", "é$x$"])
    frame.iloc[3, 1] = np.nan
    return frame.assign(step=np.arange(40), kept=True, word="w", small=np.float32(0.1))


def flipped(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << (bit % 8)
    path.write_bytes(content)


def test_no_flipped_bit_changes_a_table_silently(tmp_path: Path, frame: pd.DataFrame) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, frame, {"seed": 3, "units": {"a": "mV"}})
    whole = path.read_bytes()
    expected, metadata = read_table(path)
    pd.testing.assert_frame_equal(expected, frame, check_exact=True)
    n_refused = 0
    for bit in np.random.default_rng(1).choice(8 * len(whole), 300, replace=False):
        path.write_bytes(whole)
        flipped(path, int(bit))
        try:
            found, about = read_table(path)
        except IonfoError:
            n_refused += 1
            continue
        assert about == metadata
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert n_refused > 150


def test_file_of_another_checksum_is_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    path = tmp_path / "t.parquet"
    sha256 = write_table(path, frame)
    assert sha256 == file_hash(path)
    read_table(path, sha256)
    write_table(path, frame.iloc[1:])  # whole, and another one
    with pytest.raises(IonfoError, match="is not what was written"):
        read_table(path, sha256)


def test_tables_that_others_wrote_are_read(tmp_path: Path, frame: pd.DataFrame) -> None:
    frame.to_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.parquet")[0], frame)


def test_no_flipped_bit_changes_a_sealed_file_silently(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    content = {"steps": 12, "theta": (1e-5, 2.5, float("inf")), "names": {"é": None}}
    write_sealed(path, content, indent=1)
    expected = read_sealed(path)
    assert expected == json.loads(json.dumps(content))
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        path.write_bytes(whole)
        flipped(path, bit)
        try:
            assert read_sealed(path) == expected
        except (ValueError, RecursionError):
            continue


def test_unsealed_files_of_before_are_read(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"steps": 3}')
    assert read_sealed(tmp_path / "s.json") == {"steps": 3}


def write_all(folder: Path, content: str, names: str = "abcs") -> None:
    with whole_folder(folder, "s", ["old*"]) as beside:
        for name in names:
            (beside / name).write_text(content)


def test_results_are_exchanged(tmp_path: Path) -> None:
    (tmp_path / "old.csv").touch()
    (tmp_path / "mine").touch()
    write_all(tmp_path, "1")
    assert (tmp_path / "old.csv").exists()  # there was no analysis: the file is somebody else's
    write_all(tmp_path, "2", "abs")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", "b", "c", "mine", "s"]
    assert (tmp_path / "a").read_text() == (tmp_path / "s").read_text() == "2"


def test_failure_leaves_what_was_there(tmp_path: Path) -> None:
    write_all(tmp_path, "1")
    with pytest.raises(RuntimeError), whole_folder(tmp_path, "s") as beside:
        (beside / "a").write_text("2")
        raise RuntimeError
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == dict.fromkeys("abcs", "1")


@pytest.mark.parametrize("n_moved", [0, 1, 2, 3, 4])
def test_kill_leaves_no_mixture(tmp_path: Path, n_moved: int) -> None:
    write_all(tmp_path, "1")
    code = f"""
import os, sys
from pathlib import Path
from ionfo.tables import files
n, replace = 0, Path.replace
def dying(self, target):
    global n
    if n == {n_moved}:
        os.kill(os.getpid(), 9)
    n += 1
    return replace(self, target)
folder = Path(sys.argv[1])
with files.whole_folder(folder, "s") as beside:
    for name in "abcs":
        (beside / name).write_text("2")
    Path.replace = dying
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)])
    assert done.returncode == (-9 if n_moved < 4 else 0)
    found = {one.name: one.read_text() for one in tmp_path.iterdir() if one.is_file()}
    assert "s" not in found or set(found.values()) == {"2"}
    write_all(tmp_path, "3")  # and what the dead program left is tidied up
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == dict.fromkeys("abcs", "3")


def test_other_program_at_work_keeps_its_files(tmp_path: Path) -> None:
    theirs = tmp_path / f".new-{os.getppid()}"
    theirs.mkdir()
    write_all(tmp_path, "1")
    assert theirs.exists()
