-- kv: JSON records by key, with secondary indexes.
--
-- A record is a JSON object under a key, a string. An index is over a field of the records: it finds the records whose field has a value, or one
-- within bounds, in order. Records that lack the field, or have null, an array or an object there, are not in the index. Numbers come before
-- strings, and false before true before numbers.
--
-- put (RD|WR): input: {"key": string, "value": object, "mode": "any", "new" (EEXIST, if the key is there) or "old" (ENOENT, if it is not)}.
-- get (RD): input: {"key": string}. Output: the record. ENOENT: there is none.
-- delete (RD|WR): input: as get. ENOENT: there is none.
-- list (RD): input: {"prefix": "", "after": "", "max": 1000}. Output: {"records": [{"key": string, "value": object}, …], "truncated": boolean} in
--   byte order of the keys. It goes on behind the last key, as "after".
-- create_index (RD|WR): input: {"name": string, "field": string, "unique": false}. Has all records that there are. EEXIST: there is such an index,
--   or two records have one value, and the index is unique.
-- drop_index (RD|WR): input: {"name": string}. ENOENT: there is none.
-- indexes (RD): output: {"indexes": [{"name": string, "field": string, "unique": boolean}, …]}.
-- find (RD)
--   input: {"index": string, "value": value}, or {"index": string, "from": value (with that), "to": value (without)}, and "after": "", "max": 1000
--   output: {"records": [{"key": string, "value": object}, …], "truncated": boolean, "marker": string} in order of the values, then of the keys.
--   It goes on behind the marker, as "after". ENOENT: there is no such index.
--
-- put into a unique index gives EEXIST, if another record has the value. A listing has up to 1000 records, and 1 MiB. ENOENT: the object is
-- absent (methods that only read). EINVAL: the input is wrong. EIO: what is stored is not of this class.
-- Stored in the omap: the indexes as JSON in the header, a record as JSON under r and its key, and its place in an index under i, the index's name,
-- the value and the key.

-- part request: the same in each stock class that has it

-- fail ends the method with an errno and a message.
local function fail(errno, format, ...) objclass.fail(objclass[errno], format:format(...), 0) end

-- bytes returns a bufferlist of a string.
local function bytes(s)
  local b = bufferlist.new()
  b:append(s)
  return b
end

-- stored returns as a string what an operation reads, or nil if there is nothing.
local function stored(read, ...)
  local ok, result = pcall(read, ...)
  if ok then return result:str() end
  if result ~= -objclass.ENOENT and result ~= -objclass.ENODATA then read(...) end
end

local function isArray(v) return type(v) == "table" and getmetatable(v) ~= nil end
local function isObject(v) return type(v) == "table" and getmetatable(v) == nil end

-- kinds of fields: what they are called, and whether a value is one.
local kinds = {
  string = {"a string", function(v) return type(v) == "string" end},
  boolean = {"true or false", function(v) return type(v) == "boolean" end},
  integer = {"an integer of 64 bits", function(v) return math.type(v) == "integer" end},
  size = {"an integer that is not negative", function(v) return math.type(v) == "integer" and v >= 0 end},
  seconds = {"a number of seconds, 0 to 9999999999", function(v) return type(v) == "number" and v >= 0 and v <= 9999999999 end},
  bytes = {'a string, or an object {"base64": string}', function(v)
    return type(v) == "string" or isObject(v) and type(v.base64) == "string" and next(v, (next(v))) == nil
  end},
  array = {"an array", isArray},
  object = {"an object", isObject},
  value = {"a value", function() return true end},
}

-- check checks an object of the input against fields, each {name, kind, default}. Where there is no default the field must be there.
local function check(object, fields, what)
  if not isObject(object) then fail("EINVAL", "%s must be a JSON object", what) end
  local known = {}
  for _, field in ipairs(fields) do
    local name, kind, default = field[1], kinds[field[2]], field[3]
    local value = object[name]
    known[name] = true
    if value == nil or value == json.null and kind ~= kinds.value then
      if default == nil then fail("EINVAL", "%s has no field %q", what, name) end
      object[name] = default
    elseif not kind[2](value) then
      fail("EINVAL", "field %q of %s must be %s", name, what, kind[1])
    end
  end
  for name in pairs(object) do
    if not known[name] then fail("EINVAL", "%s has an unknown field %q", what, name) end
  end
  return object
end

-- request returns the fields of a method's input. No input is an object without fields.
local function request(input, fields) return check(#input > 0 and json.decode(input) or {}, fields, "the input") end

-- reply makes a value the method's output.
local function reply(output, value) output:append(json.encode(value)) end

-- state returns what the class has stored as JSON, or raises EIO.
local function state(text, what)
  local ok, value = pcall(json.decode, text)
  if not ok or not isObject(value) then fail("EIO", "%s is not what this class writes", what) end
  return value
end

-- end of part request

local MAX_RECORDS = 1000
local LIST_BYTES = 1 << 20

-- ---- Places in an index ----

-- ordered writes a string so that its end shows, and byte order is kept: NUL becomes 0 255, and 0 1 is the end.
local function ordered(s) return (s:gsub("\0", "\0\255")) .. "\0\1" end

-- sortable writes a number in 16 bytes, of which byte order is the numbers': the nearest float, and for integers how far they are from it.
local function sortable(n)
  local float = n + 0.0
  local bits = ("<i8"):unpack(("<d"):pack(float == 0 and 0.0 or float))
  bits = bits < 0 and ~bits or bits ~ math.mininteger
  local rest = 0
  if math.type(n) == "integer" then rest = float >= 0x1p63 and n - math.maxinteger - 1 or n - math.tointeger(float) end
  return (">i8>i8"):pack(bits, rest ~ math.mininteger)
end

-- placeOf returns what stands for a value in an index, or nil if the value is in none.
local function placeOf(value)
  if value == false then return "a" end
  if value == true then return "b" end
  if type(value) == "number" then return "c" .. sortable(value) end
  if type(value) == "string" then return "d" .. ordered(value) end
end

local function indexKey(index, place, key) return "i" .. ordered(index.name) .. place .. (key or "") end

-- walk goes through the pairs with a prefix from a key on, with that. map_pairs begins behind a key: no UTF-8 has a byte 255.
local function walk(first, prefix)
  local last = first:byte(-1)
  return objclass.map_pairs(first:sub(1, -2) .. (last > 0 and string.char(last - 1) .. "\255" or ""), prefix)
end

-- A marker is a place in hex, since a place is not UTF-8.
local function toHex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

local function fromHex(s)
  if s:find("[^0-9a-f]") or #s % 2 == 1 then fail("EINVAL", "%q is no marker", s) end
  return (s:gsub("..", function(two) return string.char(tonumber(two, 16)) end))
end

-- ---- Records and indexes ----

local function recordOf(text, key)
  return state(text, ("the record %q"):format(key))
end

local function readRecord(key)
  local text = stored(objclass.map_get_val, "r" .. key)
  return text and recordOf(text, key)
end

local function readIndexes()
  local text = objclass.map_read_header():str()
  if text == "" then return {} end
  local list = state(text, "the list of indexes").indexes
  if not isArray(list) then fail("EIO", "the list of indexes is damaged") end
  for _, index in ipairs(list) do
    if not isObject(index) or type(index.name) ~= "string" or type(index.field) ~= "string" then fail("EIO", "the list of indexes is damaged") end
  end
  return list
end

local function writeIndexes(list) objclass.map_write_header(bytes(json.encode({indexes = json.array(list)}))) end

local function findIndex(list, name)
  for i, index in ipairs(list) do
    if index.name == name then return index, i end
  end
end

-- enter puts a record into an index.
local function enter(index, key, record)
  local place = placeOf(record[index.field])
  if not place then return end
  if index.unique then
    for _, other in walk(indexKey(index, place), indexKey(index, place)) do
      fail("EEXIST", "index %q is unique, and record %q has the value, too", index.name, other:str())
    end
  end
  objclass.map_set_val(indexKey(index, place, key), bytes(key))
end

local function leave(index, key, record)
  local place = placeOf(record[index.field])
  if place then objclass.map_remove_key(indexKey(index, place, key)) end
end

local function named(input) return request(input, {{"key", "string"}}).key end

function put(input)
  local op = request(input, {{"key", "string"}, {"value", "object"}, {"mode", "string", "any"}})
  if op.mode ~= "any" and op.mode ~= "new" and op.mode ~= "old" then fail("EINVAL", "%q is not any, new or old", op.mode) end
  local old = readRecord(op.key)
  if old and op.mode == "new" then fail("EEXIST", "there is a record %q", op.key) end
  if not old and op.mode == "old" then fail("ENOENT", "there is no record %q", op.key) end
  for _, index in ipairs(readIndexes()) do
    if old then leave(index, op.key, old) end
    enter(index, op.key, op.value)
  end
  objclass.map_set_val("r" .. op.key, bytes(json.encode(op.value)))
end

function get(input, output)
  local key = named(input)
  reply(output, readRecord(key) or fail("ENOENT", "there is no record %q", key))
end

function delete(input)
  local key = named(input)
  local record = readRecord(key) or fail("ENOENT", "there is no record %q", key)
  for _, index in ipairs(readIndexes()) do leave(index, key, record) end
  objclass.map_remove_key("r" .. key)
end

-- listing gathers records up to a number of them, and of bytes.
local function listing(max)
  local answer, size = {records = json.array(), truncated = false}, 0
  max = max > 0 and math.min(max, MAX_RECORDS) or MAX_RECORDS
  return answer, function(key, text)
    answer.truncated = #answer.records == max or #answer.records > 0 and size + #text > LIST_BYTES
    if answer.truncated then return false end
    answer.records[#answer.records + 1] = {key = key, value = recordOf(text, key)}
    size = size + #text
    return true
  end
end

function list(input, output)
  local op = request(input, {{"prefix", "string", ""}, {"after", "string", ""}, {"max", "size", 0}})
  objclass.stat()
  local answer, take = listing(op.max)
  for key, value in walk("r" .. op.after, "r" .. op.prefix) do
    if (op.after == "" or key > "r" .. op.after) and not take(key:sub(2), value:str()) then break end
  end
  reply(output, answer)
end

function create_index(input)
  local index = request(input, {{"name", "string"}, {"field", "string"}, {"unique", "boolean", false}})
  local list = readIndexes()
  if findIndex(list, index.name) then fail("EEXIST", "there is an index %q", index.name) end
  for key, value in walk("r", "r") do enter(index, key:sub(2), recordOf(value:str(), key:sub(2))) end
  list[#list + 1] = index
  writeIndexes(list)
end

function drop_index(input)
  local name, list = request(input, {{"name", "string"}}).name, readIndexes()
  local index, i = findIndex(list, name)
  if not index then fail("ENOENT", "there is no index %q", name) end
  objclass.map_remove_range(indexKey(index, "a"), indexKey(index, "e"))
  table.remove(list, i)
  writeIndexes(list)
end

function indexes(_, output)
  objclass.stat()
  reply(output, {indexes = json.array(readIndexes())})
end

-- bound returns the place of a bound of the input, or a default where there is none.
local function bound(value, name, default)
  if value == json.null then return default end
  return placeOf(value) or fail("EINVAL", "field %q of the input must be a string, a number or a boolean", name)
end

function find(input, output)
  local op = request(input, {{"index", "string"}, {"value", "value", json.null}, {"from", "value", json.null}, {"to", "value", json.null},
    {"after", "string", ""}, {"max", "size", 0}})
  objclass.stat()
  local index = findIndex(readIndexes(), op.index) or fail("ENOENT", "there is no index %q", op.index)
  local answer, take = listing(op.max)
  answer.marker = op.after
  local exact = op.value ~= json.null and bound(op.value, "value")
  if exact and (op.from ~= json.null or op.to ~= json.null) then fail("EINVAL", "the input has both a value and bounds") end
  local first, last = indexKey(index, exact or bound(op.from, "from", "a")), indexKey(index, bound(op.to, "to", "e"))
  local prefix = exact and first or indexKey(index, "")
  local after = fromHex(op.after)
  for place, key in walk(after > first and after or first, prefix) do
    if not exact and place >= last then break end
    if place >= first and place > after then
      local text = stored(objclass.map_get_val, "r" .. key:str())
      if not text then fail("EIO", "index %q has a record %q that is not there", op.index, key:str()) end
      if not take(key:str(), text) then break end
      answer.marker = toHex(place)
    end
  end
  reply(output, answer)
end

objclass.register(get, objclass.RD)
for _, reads in ipairs{list, indexes, find} do objclass.register(reads, objclass.RD) end
for _, changes in ipairs{put, delete, create_index, drop_index} do objclass.register(changes, objclass.RD | objclass.WR) end
