"""The committed files are those that the generators write."""

import shutil
import subprocess
from pathlib import Path

import pytest


def check(script: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([script, "--check"], capture_output=True, text=True)


def test_generated_files_follow_from_the_description(root: Path) -> None:
    answer = check(root / "bindings" / "generate")
    assert answer.returncode == 0, answer.stderr


def test_golden_files_are_what_the_encoder_writes(root: Path) -> None:
    answer = check(root / "bindings" / "golden" / "encode")
    assert answer.returncode == 0, answer.stderr


def test_check_names_the_file_that_differs_and_writes_nothing(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "bindings", tmp_path / "bindings")
    subprocess.run([tmp_path / "bindings" / "generate"], check=True, capture_output=True)
    options = tmp_path / "docs" / "options.md"
    options.write_text("edited by hand\n", encoding="utf-8")
    answer = check(tmp_path / "bindings" / "generate")
    assert answer.returncode == 1
    assert "docs/options.md" in answer.stderr
    assert "docs/errors.md" not in answer.stderr
    assert options.read_text(encoding="utf-8") == "edited by hand\n"


def test_a_second_run_writes_nothing(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "bindings", tmp_path / "bindings")
    subprocess.run([tmp_path / "bindings" / "generate"], check=True, capture_output=True)
    again = subprocess.run([tmp_path / "bindings" / "generate"], check=True, capture_output=True, text=True)
    assert again.stdout == ""


@pytest.mark.parametrize("header", ["bq.h", "bq_codes.h", "bq_record.h", "bq_easy.h"])
@pytest.mark.parametrize(("compiler", "language"), [("cc", "c99"), ("c++", "c++11")])
def test_public_header_compiles_alone(root: Path, header: str, compiler: str, language: str) -> None:
    dialect = ["-x", language.rstrip("019"), f"-std={language}"]
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
    subprocess.run(
        [compiler, *dialect, *strict, "-I", root / "core" / "include", "-fsyntax-only", "-"],
        input=f'#include "bq/{header}"\n',
        text=True,
        check=True,
    )
