from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.kinds.discover import discover
from shared.kinds.responder import Operation, Setting, all_responders
from shared.kinds.source import Source, all_sources
from shared.model.errors import Mistakes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package that can be imported as `found_by_looking`."""
    folder = tmp_path / "found_by_looking"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == folder.name]:
        del sys.modules[name]


def write(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_every_extension_is_found_and_named_like_its_file(package: Path) -> None:
    write(package, "one.py", "thing = 1")
    write(package, "deep/__init__.py", "")
    write(package, "deep/er/__init__.py", "")
    write(package, "deep/er/two.py", "thing = 'two'")
    write(package, "deep/notes.txt", "not a module")

    assert discover(package.name, "thing", int, str) == {"deep.er.two": "two", "one": 1}


def test_an_empty_package_holds_nothing(package: Path) -> None:
    assert discover(package.name, "thing", int) == {}


def test_files_that_hold_none_are_told_all_at_once_with_their_place(package: Path) -> None:
    write(package, "good.py", "thing = 1")
    write(package, "none.py", "other = 1")
    write(package, "deep/__init__.py", "")
    write(package, "deep/wrong.py", "thing = 'one'")

    with pytest.raises(Mistakes) as raised:
        discover(package.name, "thing", int, float)

    text = "this file must hold one int or float named `thing`"
    assert str(raised.value) == f"found_by_looking/deep/wrong.py: {text}\nfound_by_looking/none.py: {text}"


def test_a_file_that_cannot_be_imported_is_not_passed_over(package: Path) -> None:
    write(package, "broken.py", "raise ZeroDivisionError")

    with pytest.raises(ZeroDivisionError):
        discover(package.name, "thing", int)


def files(folder: str) -> set[str]:
    names = (ROOT / folder).rglob("*.py")
    return {
        ".".join(file.relative_to(ROOT / folder).with_suffix("").parts)
        for file in names
        if file.stem not in ("__init__", "__main__")
    }


def test_every_source_there_is_is_found() -> None:
    found = all_sources()

    assert set(found) == files("shared/sources")
    assert all(isinstance(source, Source) for source in found.values())


def test_every_responder_there_is_is_found() -> None:
    found = all_responders()

    assert set(found) == files("responders")
    assert all(isinstance(responder, (Setting, Operation)) for responder in found.values())
