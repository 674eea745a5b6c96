"""Spike trains as files, whose unit is told and never guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo import IonfoError
from ionfo.tables.spike_trains import read_spike_trains, write_spike_trains

TRAINS = [np.array([10.0, 20.5, 30.25]), np.array([]), np.array([1.0, 101, 202])]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_what_is_written_is_read(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"trains{suffix}"
    names = ["a", "file", "allow_pickle"]  # which a writer of archives may take for its own
    write_spike_trains(file, names, TRAINS)
    found = read_spike_trains(file, "ms" if suffix == ".npz" else None)
    kept = [i for i in range(3) if len(TRAINS[i]) or suffix == ".npz"]  # a table has no empty train
    assert found.names == tuple(names[i] for i in kept)
    for i, train in zip(kept, found.trains, strict=True):
        np.testing.assert_array_equal(train, TRAINS[i])


def test_text_is_a_train_a_line_or_a_number_a_line(tmp_path: Path) -> None:
    file = tmp_path / "trains.txt"
    file.write_text("# two trains\n10 20 30\n\n5, 15, 25, 35\n")
    assert [len(train) for train in read_spike_trains(file, "ms").trains] == [3, 4]
    file.write_text("0.010\n0.020\n0.030\n")
    found = read_spike_trains(file, "s")
    np.testing.assert_allclose(found.trains, [[10, 20, 30]])


def test_unit_is_never_guessed(tmp_path: Path) -> None:
    file = tmp_path / "trains.csv"
    pd.DataFrame({"time": [1.0, 2, 3]}).to_csv(file, index=False)
    with pytest.raises(IonfoError, match="does not say whether its times are in ms or s; add"):
        read_spike_trains(file)
    np.testing.assert_allclose(read_spike_trains(file, "s").trains, [[1000, 2000, 3000]])
    pd.DataFrame({"time_s": [1.0, 2, 3]}).to_csv(file, index=False)
    np.testing.assert_allclose(read_spike_trains(file).trains, [[1000, 2000, 3000]])
    with pytest.raises(IonfoError, match="say that they are in s, and --unit is ms"):
        read_spike_trains(file, "ms")


def test_units_of_nwb_are_in_seconds(tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb", reason="needs the recordings extra")
    from datetime import datetime, timezone

    start = datetime(2020, 1, 1, tzinfo=timezone.utc)
    content = pynwb.NWBFile("a session", "an identifier", start)
    content.add_unit(spike_times=[0.1, 0.2, 0.4])
    content.add_unit(spike_times=[1.0, 1.5])
    file = tmp_path / "units.nwb"
    with pynwb.NWBHDF5IO(str(file), "w") as out:
        out.write(content)
    found = read_spike_trains(file)
    np.testing.assert_allclose(found.trains[0], [100, 200, 400])
    np.testing.assert_allclose(found.trains[1], [1000, 1500])
    content.add_unit(spike_times=[3.0], id=1)
    with pynwb.NWBHDF5IO(str(file), "w") as out:
        out.write(content)
    with pytest.raises(IonfoError, match="has units of the same id"):
        read_spike_trains(file)


def test_damaged_archives_get_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "trains.npz"
    write_spike_trains(file, ["a"], [np.arange(9_000.0)])
    whole = file.read_bytes()
    middle = len(whole) // 2
    for content in (whole[:middle], whole[:middle] + b"?" * 9 + whole[middle + 9 :], b""):
        file.write_bytes(content)
        with pytest.raises(IonfoError, match="it is no archive of numpy .* or damaged"):
            read_spike_trains(file, "ms")
    for wrong in (np.array([[1.0, 2], [3]], dtype=object), np.array(["1", "2"])):
        np.savez(file, a=wrong)
        with pytest.raises(IonfoError, match="numbers"):
            read_spike_trains(file, "ms")


def test_single_array_is_no_archive_whole_or_damaged(tmp_path: Path) -> None:
    file = tmp_path / "trains.npz"
    with file.open("wb") as handle:
        np.save(handle, np.arange(3.0))
    whole = file.read_bytes()
    for content in (whole, whole.replace(b"(3,)", b"(3,(")):  # numpy cannot parse the second
        file.write_bytes(content)
        with pytest.raises(IonfoError, match="it is no archive of numpy .* or damaged"):
            read_spike_trains(file, "ms")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_place_that_is_none_gets_a_sentence(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "file").write_text("x")
    for folder in ("file", "none"):
        with pytest.raises(IonfoError, match="cannot be written"):
            write_spike_trains(tmp_path / folder / f"trains{suffix}", ["a"], TRAINS[:1])
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_damaged_nwb_gets_a_sentence(tmp_path: Path) -> None:
    pytest.importorskip("pynwb", reason="needs the recordings extra")
    h5py = pytest.importorskip("h5py", reason="needs the recordings extra")
    file = tmp_path / "units.nwb"
    file.write_bytes(b"no such file")
    for _ in range(2):
        with pytest.raises(IonfoError, match="it is no NWB file, or damaged"):
            read_spike_trains(file)
        with h5py.File(file, "w") as other:
            other["units"] = 3


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "10 x 30", "cannot be read"),
        ("a.txt", "", "hold no train"),
        ("a.txt", "0.01 0.02 0.03 0.04", "must be in ms.*multiply times in seconds by 1000"),
        ("a.txt", "30 20 10", "times of train '1' of .* must rise, got 20 after 30"),
        ("a.csv", "a,b\n1,2\n", "need one column of times, time_ms, time_s or time, got a, b"),
        ("a.csv", "neuron,time\n1,5\n2,9\n", "columns beside 'time', neuron, and none .* 'train'"),
        ("a.csv", "time\n1\nx\n", "must be 0 or more, got nan at place 2"),
        ("a.npz", "no archive", "cannot be read"),
        ("a.mat", "1", "must end in .txt"),
    ],
)
def test_bad_files_get_a_sentence(tmp_path: Path, name: str, text: str, said: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(IonfoError, match=said):
        read_spike_trains(file, "ms")
    with pytest.raises(IonfoError, match="it is no file"):
        read_spike_trains(tmp_path / "none.csv", "ms")
