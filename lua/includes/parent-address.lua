-- Queue and id of a parent job. The stored `parent` field knows both; a parent key alone is cut at
-- its last colon, which is wrong for ids that contain colons.
local function parent_address(parent_key, parent_json)
  if parent_json then
    local parent = cjson.decode(parent_json)
    return parent.queueKey, parent.id, parent
  end
  return parent_key:match('^(.*):([^:]*)$')
end
