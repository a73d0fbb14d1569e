"""What the dynamic linker reads of a shared object."""

from __future__ import annotations

from pathlib import Path

from elftools.elf.elffile import ELFFile


class SharedObject:
    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        with path.open("rb") as file:
            elf = ELFFile(file)
            tags = list(elf.get_section_by_name(".dynamic").iter_tags())
            symbols = list(elf.get_section_by_name(".dynsym").iter_symbols())
            self._versions = [
                auxiliary.name
                for _, auxiliaries in elf.get_section_by_name(".gnu.version_r").iter_versions()
                for auxiliary in auxiliaries
            ]
        self.needed = {tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"}
        self.has_search_path = any(tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH") for tag in tags)
        self.exported = {symbol.name for symbol in symbols if symbol["st_shndx"] != "SHN_UNDEF"}

    def newest_version_of(self, library: str) -> tuple[int, ...]:
        """GLIBC_2.34 and GLIBC_2.4 make (2, 34)."""
        numbers = [
            name.removeprefix(f"{library}_") for name in self._versions if name.startswith(f"{library}_")
        ]
        return max(tuple(map(int, number.split("."))) for number in numbers)
