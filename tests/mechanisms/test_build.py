"""Compiling mechanisms: the cache, its key, its errors, and the files themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from ionfo.errors import IonfoError
from ionfo.mechanisms import build_mechanisms, mechanism_files
from ionfo.mechanisms.build import BUNDLED, content_hash
from ionfo.mechanisms.declared import read_declared
from ionfo.progress import shown_by

pytestmark = pytest.mark.neuron
MODLUNIT = Path(sysconfig.get_path("scripts")) / "modlunit"


def modlunit(file: Path) -> str:
    done = subprocess.run([MODLUNIT, file.name], cwd=file.parent, capture_output=True, text=True)
    output = done.stdout + done.stderr
    return output.replace(f"Checking units of {file.name}", "").strip()


@pytest.mark.parametrize("name", sorted(mechanism_files(BUNDLED)))
def test_units_are_consistent(name: str) -> None:
    assert modlunit(BUNDLED / f"{name}.mod") == ""


def test_wrong_units_are_found(tmp_path: Path) -> None:
    text = (BUNDLED / "Ih.mod").read_text()
    broken = tmp_path / "Ih.mod"
    broken.write_text(text.replace("0.193 (/ms)", "0.193 (/mV)"))
    assert "units" in modlunit(broken)


def test_file_name_is_suffix() -> None:
    assert all(file.stem == name for name, file in mechanism_files(BUNDLED).items())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IONFO_CACHE", str(tmp_path / "cache"))
    mods = tmp_path / "mods"
    mods.mkdir()
    shutil.copy(BUNDLED / "SKv3_1.mod", mods)
    return mods


def test_one_build_serves_all_who_ask_at_once(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ionfo.mechanisms import build_mechanisms;"
        "print(build_mechanisms(Path(sys.argv[1])))"
    )
    with ThreadPoolExecutor(3) as threads:
        done = list(
            threads.map(
                lambda _: subprocess.run(
                    [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
                ),
                range(3),
            )
        )
    assert len({one.stdout for one in done}) == 1
    assert len([p for p in (tmp_path / "cache/mechanisms").iterdir() if p.is_dir()]) == 1
    library = Path(done[0].stdout.strip())
    built = library.stat().st_mtime_ns
    assert build_mechanisms(folder) == library
    assert library.stat().st_mtime_ns == built


def test_spaces_in_paths_do_no_harm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IONFO_CACHE", str(folder.parent / "my cache"))
    spaced = folder.rename(folder.with_name("my mods"))
    library = build_mechanisms(spaced)
    assert " " in str(library) and library.stat().st_size > 0


def test_edit_changes_the_key(folder: Path) -> None:
    before = content_hash(folder)
    file = folder / "SKv3_1.mod"
    file.write_text(file.read_text().replace("18.7", "18.8"))
    assert content_hash(folder) != before


@pytest.mark.parametrize(
    ("broken", "words"),
    [("m_inf = = m_infinity(v)", "Illegal"), ("m_inf = no_such_function(v)", "no_such_function")],
)
def test_failed_compile_names_file_and_shows_the_compiler(
    folder: Path, broken: str, words: str
) -> None:
    file = folder / "SKv3_1.mod"
    file.write_text(file.read_text().replace("m_inf = m_infinity(v)", broken))
    with pytest.raises(IonfoError, match="SKv3_1.mod' does not compile") as caught:
        build_mechanisms(folder)
    assert words in str(caught.value)


def test_a_file_that_is_not_needed_may_fail(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = (folder / "SKv3_1.mod").read_text()
    other = text.replace("SUFFIX SKv3_1", "SUFFIX Old").replace("m_inf = m_inf", "m_inf = = m_inf")
    (folder / "Old.mod").write_text(other)
    library = build_mechanisms(folder, needed={"SKv3_1"})
    assert "Old.mod' does not compile and is left out; the e-model does not" in caplog.text
    assert build_mechanisms(folder, needed={"SKv3_1"}) == library
    for needed in ({"Old"}, None):  # from the cache, and still refused
        with pytest.raises(IonfoError, match=r"Old.mod' does not compile; the compiler says"):
            build_mechanisms(folder, needed=needed)


def test_missing_compiler_gets_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(IonfoError, match="apt-get install g\\+\\+"):
        build_mechanisms(folder)


def test_missing_folder_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(IonfoError, match="does not exist"):
        build_mechanisms(tmp_path / "nothing")
    with pytest.raises(IonfoError, match=r"no \.mod file"):
        build_mechanisms(tmp_path)


def test_second_library_with_the_same_mechanism_is_refused(folder: Path) -> None:
    # in a process of its own: NEURON cannot unload what this test loads
    code = (
        "import sys; from pathlib import Path; from ionfo.errors import IonfoError;"
        "from ionfo.mechanisms import build_mechanisms, load_mechanisms;"
        "folder = Path(sys.argv[1]); first = build_mechanisms(folder);"
        "load_mechanisms(first, ('SKv3_1',)); load_mechanisms(first, ('SKv3_1',));"
        "file = folder / 'SKv3_1.mod';"
        "file.write_text(file.read_text().replace('18.7', '18.8'));"
        "second = build_mechanisms(folder);\n"
        "try: load_mechanisms(second, ('SKv3_1',))\n"
        "except IonfoError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True)
    assert "'SKv3_1' is already loaded" in done.stdout, done.stderr


def test_compiled_folder_in_the_working_directory_does_no_harm(folder: Path) -> None:
    # NEURON loads x86_64 of the working directory by itself
    library = build_mechanisms(folder)
    code = (
        "import sys; from pathlib import Path; from ionfo.mechanisms import load_mechanisms;"
        "load_mechanisms(Path(sys.argv[1]), ('SKv3_1',)); from neuron import h;"
        "h.Section(name='s').insert('SKv3_1')"
    )
    subprocess.run([sys.executable, "-c", code, library], cwd=library.parent.parent, check=True)


def test_mechanism_that_neuron_already_has_gets_a_sentence(folder: Path) -> None:
    library = build_mechanisms(folder)
    code = (
        "import sys; from pathlib import Path; from neuron import h;"
        "from ionfo.errors import IonfoError; from ionfo.mechanisms import load_mechanisms;\n"
        "try: load_mechanisms(Path(sys.argv[1]), ('SKv3_1',))\n"
        "except IonfoError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, library],
        cwd=library.parent.parent, capture_output=True, text=True,
    )  # fmt: skip
    assert "already has a mechanism 'SKv3_1'" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("text", "name", "kind", "shared"),
    [
        ("NEURON { SUFFIX one }", "one", "SUFFIX", set()),
        ("NEURON {\n  SUFFIX a : SUFFIX b\n GLOBAL p,\n q\n}", "a", "SUFFIX", {"p", "q"}),
        ("COMMENT\nNEURON { SUFFIX old }\nENDCOMMENT\nNEURON { ARTIFICIAL_CELL x }", "x",
         "ARTIFICIAL_CELL", set()),
        ("NEURON { SUFFIX a RANGE g,e }\nPARAMETER { g = 1 (S/cm2) e=2\n k = 3 }", "a", "SUFFIX",
         {"k"}),
        ("NEURON { SUFFIX nothing }", "file", "functions", set()),
        ("UNITS { }", "file", "SUFFIX", set()),
    ],
)  # fmt: skip
def test_what_a_file_declares(
    tmp_path: Path, text: str, name: str, kind: str, shared: set[str]
) -> None:
    (tmp_path / "file.mod").write_text(text)
    found = read_declared(tmp_path / "file.mod")
    assert (found.name, found.kind, found.shared) == (name, kind, shared)


def test_names_that_neuron_has_are_all_known() -> None:
    code = (
        "from neuron import h; from ionfo.mechanisms.declared import BUILT_IN; s = h.ref('')\n"
        "for kind in (0, 1):\n"
        "    types = h.MechanismType(kind)\n"
        "    for i in range(int(types.count())):\n"
        "        types.select(i); types.selected(s); assert s[0] in BUILT_IN, s[0]\n"
        "print('all')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "all\n", done.stderr


def test_two_files_of_one_mechanism_are_refused(folder: Path) -> None:
    shutil.copy(folder / "SKv3_1.mod", folder / "copy.mod")
    with pytest.raises(IonfoError, match="both declare 'SKv3_1'; keep one"):
        mechanism_files(folder)


def test_progress_counts_the_files(folder: Path) -> None:
    shutil.copy(BUNDLED / "Ih.mod", folder)
    seen: list[str] = []

    @contextmanager
    def shower(what: str, total: int) -> Iterator[Callable[[], None]]:
        seen.append(f"{what} of {total}")
        yield lambda: seen.append("one")

    with shown_by(shower):
        build_mechanisms(folder)
    assert seen == ["mechanisms compiled of 2", "one", "one"]
