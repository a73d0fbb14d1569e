"""What the READMEs and docs/ point at exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from blocks import blocks_of, pages
from conftest import ROOT

DOCS = {f"docs/{path.name}": path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
PAGES = pages(ROOT) | DOCS
LINK = re.compile(r"\]\(([^)#\s]+)")
PATH = re.compile(r"(?<![\w./:-])[\w.-]+(?:/[\w.-]+)+")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str, root: Path) -> None:
    links = [link for link in LINK.findall(PAGES[page]) if "://" not in link]
    assert [link for link in links if not (root / page).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_path_in_an_illustration_exists(page: str, root: Path) -> None:
    folders = {path.name for path in root.iterdir() if path.is_dir() and path.name != "build"}
    drawn = [block.text for block in blocks_of(page, PAGES[page]) if not block.language]
    named = [path for text in drawn for path in PATH.findall(text) if path.split("/")[0] in folders]
    assert [path for path in named if not (root / path).exists()] == []


def test_the_packages_that_the_front_page_names_are_those_of_setup(root: Path) -> None:
    named = re.search(r"apt-get install ((?:[\w.+-]+[ \\\n]+)+)", PAGES["README.md"])
    setup = re.search(
        r"^packages=\((.*?)\)", (root / "scripts" / "setup").read_text(), re.DOTALL | re.MULTILINE
    )
    assert named and setup
    assert set(named[1].replace("\\", " ").split()) <= set(setup[1].split())
