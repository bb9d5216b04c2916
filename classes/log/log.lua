-- log: entries in order of their time.
--
-- As Ceph's class of that name. An entry is {"id": string, "section": string, "name": string, "timestamp": seconds, "data": bytes}. Bytes
-- are a string where they are UTF-8, and else {"base64": string}.
--
-- add (RD|WR)
--   input: {"entries": [{"section": "", "name": "", "timestamp": now, "data": "", "id": made from the time}, …], "monotonic_inc": true}
--   Where monotonic_inc is true, an entry older than the newest comes behind that. An id that is given is the entry's place.
-- list (RD)
--   input: {"from_time": 0, "to_time": 0 (no bound), "marker": "", "max_entries": 1000}
--   output: {"entries": [entry, …], "marker": string, "truncated": boolean}
--   Entries from from_time on, or behind the marker, until before to_time, up to 1000, or 1 MiB of data. The marker lists what comes next.
-- trim (RD|WR): input: {"from_time": 0, "to_time": 0, "from_marker": "", "to_marker": ""}. Removes entries from from_time on, or behind
--   from_marker, up to to_time, or to_marker, with that. ENODATA: there are none.
-- info (RD): output: {"header": {"max_marker": string, "max_time": seconds}}, of all entries that ever were.
--
-- ENOENT: list and info of an absent object. EINVAL: the input is wrong. EIO: what is stored is no log.
-- Stored in the omap, as JSON: an entry under its id, 1_SECONDS.MICROSECONDS_VERSION.NUMBER, and the header in the omap's header. Version and
-- number have leading zeros, which they have not in Ceph: so entries with one time are in the order in which they were added.

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

-- part time: the same in each stock class that has it

-- Times are microseconds since 1970. In JSON they are seconds, with up to 6 decimals.
local function now() return objclass.now() // 1000 end
local function microseconds(s) return math.type(s) == "integer" and s * 1000000 or math.floor(s * 1e6 + 0.5) end
local function seconds(us) return us % 1000000 == 0 and us // 1000000 or us / 1e6 end

-- end of part time

-- part base64: the same in each stock class that has it

-- Bytes in JSON are a string where they are UTF-8, and else an object {"base64": string}.
local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function digit(n, shift)
  local i = (n >> shift & 63) + 1
  return digits:sub(i, i)
end

local function toJSON(s)
  if utf8.len(s) then return s end
  return {base64 = s:gsub("..?.?", function(three)
    local a, b, c = three:byte(1, 3)
    local n = a << 16 | (b or 0) << 8 | (c or 0)
    return digit(n, 18) .. digit(n, 12) .. (b and digit(n, 6) or "=") .. (c and digit(n, 0) or "=")
  end) .. ""}
end

local function fromJSON(v)
  if type(v) == "string" then return v end
  local text, padding = v.base64:match("^([A-Za-z0-9+/]*)(=?=?)$")
  if not text or (#text + #padding) % 4 ~= 0 then fail("EINVAL", "this is no base64: %q", v.base64:sub(1, 40)) end
  local s = (text .. padding:gsub("=", "A")):gsub("....", function(four)
    local n = 0
    for i = 1, 4 do n = n << 6 | digits:find(four:sub(i, i), 1, true) - 1 end
    return string.char(n >> 16, n >> 8 & 255, n & 255)
  end)
  return s:sub(1, #s - #padding)
end

-- end of part base64

local PREFIX = "1_"
local MAX_ENTRIES = 1000
local LIST_BYTES = 1 << 20

local function timeKey(us) return PREFIX .. ("%010d.%06d_"):format(us // 1000000, us % 1000000) end

local function readHeader()
  local text = objclass.map_read_header():str()
  if text == "" then return {max_marker = "", max_time_us = 0} end
  local header = state(text, "the log's header")
  if type(header.max_marker) ~= "string" or math.type(header.max_time_us) ~= "integer" then fail("EIO", "the log's header is damaged") end
  return header
end

-- place returns the time at which an entry comes into the log, and makes it the newest one there, if it is that.
local function place(header, time, monotonic)
  if monotonic and time < header.max_time_us then return header.max_time_us end
  header.max_time_us = math.max(header.max_time_us, time)
  return time
end

function add(input)
  local op = request(input, {{"entries", "array"}, {"monotonic_inc", "boolean", true}})
  local header = readHeader()
  for i, e in ipairs(op.entries) do
    check(e, {{"section", "string", ""}, {"name", "string", ""}, {"timestamp", "seconds", seconds(now())}, {"data", "bytes", ""}, {"id", "string", ""}}, "entry " .. i)
    e.data = toJSON(fromJSON(e.data))
    e.timestamp_us, e.timestamp = microseconds(e.timestamp), nil
    local time = place(header, e.timestamp_us, op.monotonic_inc)
    if e.id == "" then e.id = timeKey(time) .. ("%020d.%06d"):format(objclass.current_version(), i) end
    if e.id > header.max_marker then header.max_marker = e.id end
    objclass.map_set_val(e.id, bytes(json.encode(e)))
  end
  objclass.map_write_header(bytes(json.encode(header)))
end

local function entryOf(key, text)
  local e = state(text, "entry " .. key)
  if math.type(e.timestamp_us) ~= "integer" then fail("EIO", "entry %s has no time", key) end
  e.timestamp, e.timestamp_us = seconds(e.timestamp_us), nil
  return e
end

function list(input, output)
  local op = request(input, {{"from_time", "seconds", 0}, {"to_time", "seconds", 0}, {"marker", "string", ""}, {"max_entries", "size", 0}})
  objclass.stat()
  local from, to = microseconds(op.from_time), microseconds(op.to_time)
  local last = to > 0 and to >= from and timeKey(to) or nil
  local max = op.max_entries > 0 and math.min(op.max_entries, MAX_ENTRIES) or MAX_ENTRIES
  local answer, size = {entries = json.array(), marker = "", truncated = false}, 0
  for key, value in objclass.map_pairs(op.marker ~= "" and op.marker or timeKey(from), PREFIX) do
    if last and key >= last then break end
    answer.truncated = #answer.entries == max or #answer.entries > 0 and size + #value > LIST_BYTES
    if answer.truncated then break end
    answer.entries[#answer.entries + 1] = entryOf(key, value:str())
    answer.marker, size = key, size + #value
  end
  reply(output, answer)
end

function trim(input)
  local op = request(input, {{"from_time", "seconds", 0}, {"to_time", "seconds", 0}, {"from_marker", "string", ""}, {"to_marker", "string", ""}})
  local after = op.from_marker ~= "" and op.from_marker or timeKey(microseconds(op.from_time))
  local last = op.to_marker ~= "" and op.to_marker .. "\0" or timeKey(microseconds(op.to_time) + 1)
  local first = objclass.map_pairs(after, PREFIX)()
  if not first or first >= last then fail("ENODATA", "there is no entry to remove") end
  objclass.map_remove_range(first, last)
end

function info(_, output)
  objclass.stat()
  local header = readHeader()
  reply(output, {header = {max_marker = header.max_marker, max_time = seconds(header.max_time_us)}})
end

for _, reads in ipairs{list, info} do objclass.register(reads, objclass.RD) end
for _, changes in ipairs{add, trim} do objclass.register(changes, objclass.RD | objclass.WR) end
