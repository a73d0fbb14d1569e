-- luacheck --config lua/.luacheckrc lua
--
-- Commands and includes are parts of a program: names that only another part defines or uses are checked
-- where the program is whole, on the exported text (tests/lua/test_embedding.py).
std = {
  read_globals = {
    "redis", "cjson", "cmsgpack", "KEYS", "ARGV",
    "error", "math", "next", "pcall", "string", "tonumber", "type", "unpack",
  },
}
max_line_length = 110
ignore = {
  "111", "112", "113", -- set or read, but defined by another part
  "211", "212", "221", "231", "311", -- defined here, but read by another part
  "541", "542",        -- a block or branch that an include fills
  "43.",               -- parameters named as what the command calls the same thing
}
