-- cmpomap: compare values in the omap, and then set or remove them.
--
-- As Ceph's class of that name. The values of the input are compared with those that are stored under their keys:
-- {"mode": "string" or "u64", "comparison": "eq", "ne", "gt", "gte", "lt" or "lte", "values": {key: value, …}, "default_value": value}.
-- gt holds if the input's value is greater than the stored one. In mode string values are bytes: a string, or {"base64": string}. In mode u64
-- they are integers from 0 to 9223372036854775807, stored as 8 bytes, the lowest first; a stored value that is empty is 0. A key that is
-- not there has the default value, if one is given.
--
-- cmp_vals (RD): ECANCELED unless all comparisons hold. ENOENT: the object is absent. EIO: what is stored is no u64.
-- cmp_set_vals (RD|WR): sets those values of the input of which the comparison holds, and leaves others. What is stored and is no u64 is left.
-- cmp_rm_keys (RD|WR): removes keys of which the comparison holds; without a default value. What is stored and is no u64 is left.
-- EINVAL: the input is wrong. E2BIG: more than 1000 keys.

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

local MAX_KEYS = 1000

local comparisons = {
  eq = function(a, b) return a == b end,
  ne = function(a, b) return a ~= b end,
  gt = function(a, b) return b < a end,
  gte = function(a, b) return b <= a end,
  lt = function(a, b) return a < b end,
  lte = function(a, b) return a <= b end,
}

-- Unsigned integers, as numbers that Lua compares as it compares integers.
local function unsigned(n) return n ~ math.mininteger end

-- modes: how the input's value is checked, what it is compared as, how a stored value is read (nil if it is none), and what is stored.
local modes = {
  string = {kind = kinds.bytes, given = fromJSON, read = function(s) return s end, write = function(s) return s end},
  u64 = {
    kind = kinds.size,
    given = unsigned,
    read = function(s)
      if s == "" then return unsigned(0) end
      return #s >= 8 and unsigned((("<i8"):unpack(s))) or nil
    end,
    write = function(n) return ("<i8"):pack(unsigned(n)) end,
  },
}

-- operation reads the input. Its values are ready to be compared; keys are in byte order.
local function operation(input, withDefault)
  local fields = {{"mode", "string"}, {"comparison", "string"}, {"values", "object"}}
  if withDefault then fields[4] = {"default_value", "value", false} end
  local op = request(input, fields)
  local mode = modes[op.mode] or fail("EINVAL", "%q is not string or u64", op.mode)
  local holds = comparisons[op.comparison] or fail("EINVAL", "%q is not eq, ne, gt, gte, lt or lte", op.comparison)
  local function value(v, what)
    if not mode.kind[2](v) then fail("EINVAL", "%s must be %s", what, mode.kind[1]) end
    return mode.given(v)
  end
  local keys, values = {}, {}
  for key, v in pairs(op.values) do
    keys[#keys + 1] = key
    values[key] = value(v, ("the value of key %q"):format(key))
  end
  if #keys > MAX_KEYS then fail("E2BIG", "there are %d keys, the limit is %d", #keys, MAX_KEYS) end
  table.sort(keys)
  local default = op.default_value
  if default == json.null then default = false end
  return {mode = mode, holds = holds, keys = keys, values = values, default = default and value(default, "the default value"),
    stored = objclass.map_get_vals_by_keys(keys)}
end

-- compare returns whether the comparison of a key holds, or nil and why it cannot be made.
local function compare(op, key)
  local there = op.stored[key]
  local value
  if there then
    value = op.mode.read(there:str())
    if not value then return nil, "EIO" end
  elseif op.default then
    value = op.default
  else
    return nil, "ECANCELED"
  end
  return op.holds(op.values[key], value)
end

function cmp_vals(input)
  local op = operation(input, true)
  objclass.stat()
  for _, key in ipairs(op.keys) do
    local holds, errno = compare(op, key)
    if errno == "EIO" then fail("EIO", "what key %q has is no u64", key) end
    if errno then fail("ECANCELED", "there is no key %q", key) end
    if not holds then fail("ECANCELED", "the comparison of key %q does not hold", key) end
  end
end

function cmp_set_vals(input)
  local op = operation(input, true)
  for _, key in ipairs(op.keys) do
    if compare(op, key) then objclass.map_set_val(key, bytes(op.mode.write(op.values[key]))) end
  end
end

function cmp_rm_keys(input)
  local op = operation(input, false)
  for _, key in ipairs(op.keys) do
    if compare(op, key) then objclass.map_remove_key(key) end
  end
end

objclass.register(cmp_vals, objclass.RD)
for _, changes in ipairs{cmp_set_vals, cmp_rm_keys} do objclass.register(changes, objclass.RD | objclass.WR) end
