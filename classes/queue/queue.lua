-- queue: a queue of bounded size.
--
-- As Ceph's class of that name. A queue is a ring of bytes, of which an entry takes 10 more than its data has. Bytes are a string where they are
-- UTF-8, and else {"base64": string}. A marker is a string that is the place of an entry, or of the queue's end.
--
-- queue_init (RD|WR): input: {"queue_size": bytes}. EEXIST: there is a queue.
-- queue_get_capacity (RD): output: {"queue_capacity": bytes}.
-- queue_enqueue (RD|WR): input: {"bl_data_vec": [bytes, …]}. All of them or, with ENOSPC, none.
-- queue_list_entries (RD)
--   input: {"max": 0 (no bound), "start_marker": "" (the beginning), "end_marker": "" (the end)}
--   output: {"entries": [{"marker": string, "data": bytes}, …], "is_truncated": boolean, "next_marker": string}
--   Entries from start_marker until before end_marker, up to 1 MiB. next_marker lists what comes next.
-- queue_remove_entries (RD|WR): input: {"end_marker": string}. Removes all entries before the marker. Of an empty queue it removes nothing,
--   whatever the marker.
--
-- EINVAL: the input is wrong, there is no queue, or a marker is that of no entry that there is. ENOENT: the object is absent (methods that only
-- read). EIO: what is stored is no queue. Stored in the omap: the head as JSON in its header, and entries as they are.

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

local HEAD_SIZE = 1024 -- of Ceph's class: the first entry's marker is 0/1024

-- part queue: the same in each stock class that has it

-- The queue is a ring of queue_size bytes, of which an entry takes OVERHEAD more than its data has. The head, in the omap's header,
-- says how many bytes of entries ever came (tail) and went (front). An entry lies in the omap under the tail before it came.
local OVERHEAD = 10
local PREFIX = "entry."
local LIST_BYTES = 1 << 20 -- of data in one listing

local function keyOf(position) return PREFIX .. ("%016x"):format(position) end

local function readHead()
  local text = objclass.map_read_header():str()
  if text == "" then fail("EINVAL", "there is no queue: initialise it first") end
  local head = state(text, "the queue's head")
  for _, name in ipairs{"queue_size", "front", "tail"} do
    if math.type(head[name]) ~= "integer" then fail("EIO", "the queue's head has no %s", name) end
  end
  if head.queue_size < 1 or head.front < 0 or head.tail < head.front then fail("EIO", "the queue's head is damaged") end
  return head
end

local function writeHead(head) objclass.map_write_header(bytes(json.encode(head))) end

local function initialise(input, head)
  local size = request(input, {{"queue_size", "size"}}).queue_size
  if size == 0 then fail("EINVAL", "a queue has at least one byte") end
  if objclass.map_read_header():str() ~= "" then fail("EEXIST", "the queue is there already") end
  head.queue_size, head.front, head.tail = size, 0, 0
  objclass.create()
  writeHead(head)
end

local function free(head) return head.queue_size - (head.tail - head.front) end

-- dataOf returns the strings of an array of the input, and how many bytes they have.
local function dataOf(array)
  local all, size = {}, 0
  for i, v in ipairs(array) do
    if not kinds.bytes[2](v) then fail("EINVAL", "element %d of bl_data_vec must be %s", i, kinds.bytes[1]) end
    all[i] = fromJSON(v)
    size = size + #all[i]
  end
  return all, size
end

local function enqueue(head, entries)
  for i, data in ipairs(entries) do
    if #data + OVERHEAD > free(head) then
      fail("ENOSPC", "the queue has %d bytes left, and entry %d takes %d", free(head), i, #data + OVERHEAD)
    end
    objclass.map_set_val(keyOf(head.tail), bytes(data))
    head.tail = head.tail + #data + OVERHEAD
  end
end

-- A marker is the turn of the ring, and the offset that the entry would have in an object of Ceph's class.
local function markerOf(head, position)
  return ("%d/%d"):format(position // head.queue_size, HEAD_SIZE + position % head.queue_size)
end

-- positionOf is its inverse. Only the end and the beginnings of entries have markers.
local function positionOf(head, marker)
  local turn, offset = marker:match("^(%d+)/(%d+)$")
  turn, offset = math.tointeger(turn), math.tointeger(offset)
  local position = turn and offset and turn * head.queue_size + offset - HEAD_SIZE
  if not position or position < head.front or position > head.tail or markerOf(head, position) ~= marker or
    position < head.tail and not stored(objclass.map_get_val, keyOf(position)) then
    fail("EINVAL", "%q marks no entry of the queue", marker)
  end
  return position
end

local function list(head, input)
  local op = request(input, {{"max", "size", 0}, {"start_marker", "string", ""}, {"end_marker", "string", ""}})
  local max = op.max > 0 and op.max or math.maxinteger
  local position = op.start_marker == "" and head.front or positionOf(head, op.start_marker)
  local last = op.end_marker == "" and head.tail or positionOf(head, op.end_marker)
  local entries, size, full = json.array(), 0, false
  for key, data in objclass.map_pairs(position > 0 and keyOf(position - 1) or PREFIX, PREFIX) do
    full = #entries == max or #entries > 0 and size + #data > LIST_BYTES
    if full or position >= last then break end
    if key ~= keyOf(position) then fail("EIO", "the queue has no entry at %s", markerOf(head, position)) end
    entries[#entries + 1] = {marker = markerOf(head, position), data = toJSON(data:str())}
    size, position = size + #data, position + #data + OVERHEAD
  end
  if position < last and not full then fail("EIO", "the queue has no entry at %s", markerOf(head, position)) end
  return {entries = entries, is_truncated = position < last, next_marker = markerOf(head, position)}
end

local function removeBefore(head, marker)
  local position = positionOf(head, marker)
  objclass.map_remove_range(keyOf(head.front), keyOf(position))
  head.front = position
end

-- end of part queue

function queue_init(input) initialise(input, {}) end

function queue_get_capacity(_, output)
  objclass.stat()
  reply(output, {queue_capacity = readHead().queue_size})
end

function queue_enqueue(input)
  local op, head = request(input, {{"bl_data_vec", "array"}}), readHead()
  enqueue(head, (dataOf(op.bl_data_vec)))
  writeHead(head)
end

function queue_list_entries(input, output)
  objclass.stat()
  reply(output, list(readHead(), input))
end

function queue_remove_entries(input)
  local op, head = request(input, {{"end_marker", "string"}}), readHead()
  if head.front == head.tail then return end
  removeBefore(head, op.end_marker)
  writeHead(head)
end

for _, reads in ipairs{queue_get_capacity, queue_list_entries} do objclass.register(reads, objclass.RD) end
for _, changes in ipairs{queue_init, queue_enqueue, queue_remove_entries} do objclass.register(changes, objclass.RD | objclass.WR) end
