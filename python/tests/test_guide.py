"""Every Python block of the guides in docs/ runs, and prints what stands below it."""

import re
from pathlib import Path

import pytest
from conftest import Program

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
BLOCKS = {
    f"{page}-{at}": found.groups()
    for page in ("python-guide", "python-compat")
    for at, found in enumerate(FENCE.finditer((DOCS / f"{page}.md").read_text()))
}


def test_there_are_blocks_in_each_guide():
    assert {name.rpartition("-")[0] for name in BLOCKS} == {"python-guide", "python-compat"}
    assert all(output for _, output in BLOCKS.values())


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_prints_what_the_guide_says(name, redis):
    text, wanted = BLOCKS[name]
    program = Program("-c", text.replace("6379", str(redis.port)))
    try:
        assert program.end() == (0, wanted, "")
    finally:
        program.close()
