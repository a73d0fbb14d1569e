"""Every code block of every README is a file of examples/, or runs as written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from blocks import Block, blocks_of, pages
from conftest import ROOT
from reader import Checkout, Reader

PAGES = pages(ROOT)
BLOCKS = [block for page, text in PAGES.items() for block in blocks_of(page, text) if block.language]
PROGRAMS = [block for block in BLOCKS if block.is_program]
EXAMPLES = [block for block in BLOCKS if block.example]

Read = Callable[[str], Reader]


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    strange = [str(block) for block in BLOCKS if not block.is_program and not block.example]
    assert strange == [], "let the first line name a file of examples/, or make it sh or python"


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_example_is_the_file_that_it_names_and_is_run_by_its_page(block: Block, root: Path) -> None:
    assert block.example is not None
    path = root / block.example
    assert block.text == path.read_text()
    commands = "".join(other.text for other in PROGRAMS if other.page == block.page)
    folder = f"./{path.parent.name}"  # how Go names it
    assert block.example in commands or (block.language == "go" and folder in commands)


@pytest.mark.parametrize("block", PROGRAMS, ids=str)
def test_block_runs_as_written(block: Block, read: Read) -> None:
    if block.why_not_run:
        pytest.skip(block.why_not_run)
    failure = read(block.page).failures.get(block)
    if failure:
        pytest.fail(f"{block}\n{block.text}\n{failure}", pytrace=False)


def test_every_queue_of_the_front_page_has_run_its_job(checkout: Checkout, read: Read) -> None:
    read("README.md")
    for queue in ("emails", "calls", "reports", "thumbnails", "invoices"):
        assert checkout.redis.call("ZCARD", f"bull:{queue}:completed") >= "1", queue
