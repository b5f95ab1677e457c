"""What is made from the code is as the code is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs import generate
from tests.lab import ROOT

PAGES = [page.relative_to(ROOT) for page in generate.generated()]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The generated pages in another folder, to be edited there."""
    for page in PAGES:
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / page).write_text((ROOT / page).read_text())
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    return tmp_path


def test_every_generated_page_is_as_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_an_edited_page_is_red_named_and_left_alone(
    page: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited = _edited(elsewhere / page)

    assert generate.main(["--check"]) == 1

    assert capsys.readouterr().out == f"differs: {page}\n"
    assert (elsewhere / page).read_text() == edited


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_an_edited_page_is_made_anew(page: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (elsewhere / page).read_text()
    _edited(elsewhere / page)

    assert generate.main([]) == 0

    assert capsys.readouterr().out == f"written: {page}\n"
    assert (elsewhere / page).read_text() == before
    assert generate.main(["--check"]) == 0


def test_a_page_that_is_not_there_is_red(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = Path("docs/responders.md")
    (elsewhere / page).unlink()

    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == f"differs: {page}\n"


def test_what_a_person_wrote_around_the_generated_part_stays(elsewhere: Path) -> None:
    readme = elsewhere / "README.md"
    readme.write_text("By hand.\n" + readme.read_text() + "\nBy hand, too.\n")

    assert generate.main(["--check"]) == 0


def test_every_page_says_that_it_is_generated() -> None:
    for page in PAGES:
        if page.suffix == ".md":
            assert "generated" in (ROOT / page).read_text().lower()


def _edited(page: Path) -> str:
    """Change one word of what is generated, as somebody might by hand."""
    text = page.read_text()
    place = max(text.find(generate.BEGIN), 0)
    word = "string" if page.suffix == ".json" else "default" if page.name == "README.md" else "that"
    at = text.index(word, place)
    edited = f"{text[:at]}other{text[at + len(word) :]}"
    page.write_text(edited)
    return edited
