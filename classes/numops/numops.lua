-- numops: arithmetic on numbers in the omap.
--
-- As Ceph's class of that name. A number is decimal text under a key of the omap, as there, and what is missing or empty is 0.
--
-- add, sub, mul, div (RD|WR)
--   input: {"key": string, "value": number, or a string of one}
--   output: {"value": the new number}
-- EINVAL: the value is no number, or div by 0. EBADMSG: what is stored is no number. EOVERFLOW: the result does not fit.
--
-- Integers of 64 bits are exact, and stay integers; div of two that do not divide gives a float. Ceph rounds all to 10 digits. In Ceph
-- the client makes sub and div of add and mul.

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

local EBADMSG = 74

-- parse returns the number of a decimal text, or nil.
local function parse(text)
  if text:find("^%s*[+-]?[%d.]") and not text:find("[xX]") then return tonumber(text) end
end

local function read(key)
  local text = stored(objclass.map_get_val, key) or ""
  local n = text == "" and 0 or parse(text)
  if not n then objclass.fail(EBADMSG, ("what key %q has is no number: %q"):format(key, text:sub(1, 40)), 0) end
  return n
end

-- exact tells whether a result of integers is what it would be without bounds.
local exact = {
  add = function(a, b, r) return (a ~ r) & (b ~ r) >= 0 end,
  sub = function(a, b, r) return (a ~ b) & (a ~ r) >= 0 end,
  mul = function(a, b, r)
    if a == 0 or b == 0 then return true end
    return not (a == -1 and b == math.mininteger or b == -1 and a == math.mininteger) and r // b == a and r % b == 0
  end,
  div = function(a, b) return not (b == -1 and a == math.mininteger) end,
}

local operations = {
  add = function(a, b) return a + b end,
  sub = function(a, b) return a - b end,
  mul = function(a, b) return a * b end,
  div = function(a, b)
    if b == 0 then fail("EINVAL", "division by 0") end
    if math.type(a) == "integer" and math.type(b) == "integer" and a % b == 0 then return a // b end
    return a / b
  end,
}

-- textOf writes a float so that reading it gives the same one.
local function textOf(n)
  if math.type(n) == "integer" then return ("%d"):format(n) end
  local short = ("%.15g"):format(n)
  return tonumber(short) == n and short or ("%.17g"):format(n)
end

local function calculate(name, input, output)
  local op = request(input, {{"key", "string"}, {"value", "value"}})
  local b = type(op.value) == "number" and op.value or type(op.value) == "string" and parse(op.value)
  if not b then fail("EINVAL", 'field "value" of the input must be a number, or a string of one') end
  if b ~= b or b == math.huge or b == -math.huge then fail("EINVAL", "the value is out of range") end
  local a = read(op.key)
  local result = operations[name](a, b)
  local integers = math.type(a) == "integer" and math.type(b) == "integer"
  if integers and not exact[name](a, b, result) or result ~= result or result == math.huge or result == -math.huge then
    fail("EOVERFLOW", "%s of %s and %s is out of range", name, textOf(a), textOf(b))
  end
  objclass.map_set_val(op.key, bytes(textOf(result)))
  reply(output, {value = result})
end

function add(input, output) calculate("add", input, output) end
function sub(input, output) calculate("sub", input, output) end
function mul(input, output) calculate("mul", input, output) end
function div(input, output) calculate("div", input, output) end

for _, method in ipairs{add, sub, mul, div} do objclass.register(method, objclass.RD | objclass.WR) end
