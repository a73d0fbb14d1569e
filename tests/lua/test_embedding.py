"""cmake/embed-lua.cmake: the text that is exported and the text that is compiled in."""

import hashlib
import json
import re
import shutil
import subprocess

import pytest
from conftest import ROOT

AWKWARD = r"""local list = {"a;b", "[1]", [[c;]], "??(", "\\", "tab\t", "${HOME} @V@ $ENV{HOME} \n"}
local text = 'back\\slash; "quoted"' .. list[1] -- keeps; a comment [ behind code
"""

PRINT_SCRIPTS = r"""
#include <stdio.h>
#include "script_source.h"
extern const struct bqi_script_source bqi_script_sources[];
extern const size_t bqi_script_source_count;
int main(void) {
    for (size_t i = 0; i < bqi_script_source_count; i++) {
        const struct bqi_script_source *s = &bqi_script_sources[i];
        printf("%s %d %s %zu\n", s->name, s->keys, s->sha1, s->length);
        fwrite(s->text, 1, s->length, stdout);
        printf("\n");
    }
    return 0;
}
"""

SCRIPT_SOURCE_H = """#include <stddef.h>
struct bqi_script_source { const char *name; int keys; const char *sha1; const char *text; size_t length; };
"""


def embed(lua_dir, **outputs):
    options = [f"-D{name}={path}" for name, path in outputs.items()]
    return subprocess.run(
        ["cmake", f"-DLUA_DIR={lua_dir}", *options, "-P", ROOT / "cmake" / "embed-lua.cmake"],
        capture_output=True,
        text=True,
    )


@pytest.fixture
def lua_dir(tmp_path):
    for folder in ("commands", "includes"):
        (tmp_path / "lua" / folder).mkdir(parents=True)
    return tmp_path / "lua"


def write_command(lua_dir, name, body, keys=2):
    (lua_dir / "commands" / f"{name}.lua").write_text(f"-- Doc.\n-- KEYS ({keys})  1 a; 2 [b]\n{body}")


def exported_text(lua_dir, tmp_path, name):
    result = embed(lua_dir, OUT_DIR=tmp_path / "out")
    assert result.returncode == 0, result.stderr
    return (tmp_path / "out" / name).read_text()


def test_text_with_semicolons_brackets_and_escapes_is_exported_byte_for_byte(lua_dir, tmp_path):
    write_command(lua_dir, "awkward", AWKWARD)
    assert exported_text(lua_dir, tmp_path, "awkward-2.lua") == AWKWARD


def test_comment_lines_and_empty_lines_are_left_out(lua_dir, tmp_path):
    write_command(lua_dir, "short", "\nlocal a = 1\n\n  -- why\nreturn a\n")
    assert exported_text(lua_dir, tmp_path, "short-2.lua") == "local a = 1\nreturn a\n"


def test_an_include_is_taken_in_once_at_its_first_place_with_its_own_includes_before_it(lua_dir, tmp_path):
    (lua_dir / "includes" / "one.lua").write_text("local one = 1\n")
    (lua_dir / "includes" / "two.lua").write_text("--- include one\nlocal two = one + 1\n")
    write_command(lua_dir, "twice", "--- include two\n--- include one\nreturn two\n")
    assert exported_text(lua_dir, tmp_path, "twice-2.lua") == (
        "local one = 1\nlocal two = one + 1\nreturn two\n"
    )


def test_an_include_inside_a_block_is_taken_in_again_outside_of_it(lua_dir, tmp_path):
    (lua_dir / "includes" / "one.lua").write_text("local one = 1\n")
    write_command(lua_dir, "block", "if x then\n  --- include one\nend\n--- include one\nreturn one\n")
    assert exported_text(lua_dir, tmp_path, "block-2.lua") == (
        "if x then\nlocal one = 1\nend\nlocal one = 1\nreturn one\n"
    )


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("--- include nowhere\n", "nowhere.lua, which does not exist"),
        ("--- include not_a_name\n", "cannot read the include line"),
        ("--[[ block ]]\n", "block comment"),
        ("return 1", "does not end with a newline"),
    ],
)
def test_a_command_that_cannot_be_resolved_stops_the_build_with_the_reason(
    lua_dir, tmp_path, body, complaint
):
    write_command(lua_dir, "broken", body)
    result = embed(lua_dir, OUT_DIR=tmp_path / "out")
    assert result.returncode != 0
    assert complaint in " ".join(result.stderr.split())


def test_the_compiled_scripts_are_the_exported_ones_sorted_by_name(exported, tmp_path):
    result = embed(ROOT / "lua", OUT_C=tmp_path / "scripts.c")
    assert result.returncode == 0, result.stderr
    (tmp_path / "script_source.h").write_text(SCRIPT_SOURCE_H)
    (tmp_path / "print.c").write_text(PRINT_SCRIPTS)
    subprocess.run(
        [
            "cc",
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-o",
            tmp_path / "print",
            tmp_path / "scripts.c",
            tmp_path / "print.c",
        ],
        check=True,
    )
    printed = subprocess.run([tmp_path / "print"], check=True, capture_output=True, text=True).stdout
    expected = ""
    for path in sorted(exported.rglob("*.lua"), key=lambda path: path.name):
        name, keys = re.fullmatch(r"(\w+)-(\d+)", path.stem).groups()
        text = path.read_text()
        sha1 = hashlib.sha1(text.encode()).hexdigest()
        expected += f"{name} {keys} {sha1} {len(text.encode())}\n{text}\n"
    assert printed == expected


def test_generated_c_names_its_generator_first(tmp_path):
    embed(ROOT / "lua", OUT_C=tmp_path / "scripts.c")
    assert "embed-lua.cmake" in (tmp_path / "scripts.c").read_text().splitlines()[0]


def test_sources_and_exported_text_pass_luacheck(exported):
    config = ["--config", ROOT / "lua" / ".luacheckrc", "--no-color"]
    if not shutil.which("luacheck"):
        pytest.skip("luacheck is not installed")
    for arguments in ([ROOT / "lua"], ["--enable", "1", "2", "--", exported]):
        result = subprocess.run(["luacheck", *config, *arguments], capture_output=True, text=True)
        assert result.returncode == 0, result.stdout


def test_no_command_uses_what_redis_6_2_does_not_have(exported):
    newer = {
        "LMPOP",
        "ZMPOP",
        "BLMPOP",
        "SINTERCARD",
        "ZINTERCARD",
        "EXPIRETIME",
        "PEXPIRETIME",
        "FUNCTION",
        "FCALL",
        "HEXPIRE",
        "HPEXPIRE",
        "HGETEX",
        "HSETEX",
        "HGETDEL",
        "DELEX",
        "MSETEX",
    }
    used = {}
    for path in exported.rglob("*.lua"):
        for command in re.findall(r"call\('([A-Z]+)'", path.read_text()):
            used.setdefault(command, set()).add(path.name)
    assert not newer & used.keys(), json.dumps({c: sorted(used[c]) for c in newer & used.keys()})
