-- version: a version that the class's users count, and conditions on it.
--
-- As Ceph's class of that name. A version is {"ver": integer, "tag": string}. The tag is random, and tells versions of an object from
-- those of another one that had its name before. An object without one has {"ver": 0, "tag": ""}.
--
-- set (RD|WR): input: {"objv": version}.
-- inc (RD|WR): adds 1 to ver. An object without a version gets one first, with a ver of 1 and a new tag. Output: {"objv": the new one}.
-- inc_conds (RD|WR): input: {"conds": [{"cond": string, "ver": version}, …]}. As inc, if all conditions hold.
-- check_conds (RD): input: as inc_conds.
-- read (RD): output: {"objv": version}.
-- A condition is EQ (ver and tag are the same), GT, GE, LT, LE (ver is greater …), TAG_EQ, TAG_NE, or NONE, which holds always.
--
-- ECANCELED: a condition does not hold. ENOENT: read or check_conds of an absent object. EINVAL: the input is wrong. EOVERFLOW: inc of
-- 9223372036854775807. EIO: what is stored is no version.
-- Stored in the xattr ceph.objclass.version, as JSON.

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

local XATTR = "ceph.objclass.version"

local function checkVersion(v, what) return check(v, {{"ver", "size", 0}, {"tag", "string", ""}}, what) end

local function read_version()
  local text = stored(objclass.getxattr, XATTR)
  if not text then return nil end
  local v = state(text, "the version")
  if math.type(v.ver) ~= "integer" or type(v.tag) ~= "string" then fail("EIO", "what is stored is no version") end
  return v
end

local function write_version(v) objclass.setxattr(XATTR, bytes(json.encode(v))) end

local function newTag()
  local digits, tag = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", {}
  for i = 1, 24 do
    local at = math.random(#digits)
    tag[i] = digits:sub(at, at)
  end
  return table.concat(tag)
end

-- conditions on the object's version a and the given one b.
local conditions = {
  NONE = function() return true end,
  EQ = function(a, b) return a.ver == b.ver and a.tag == b.tag end,
  GT = function(a, b) return a.ver > b.ver end,
  GE = function(a, b) return a.ver >= b.ver end,
  LT = function(a, b) return a.ver < b.ver end,
  LE = function(a, b) return a.ver <= b.ver end,
  TAG_EQ = function(a, b) return a.tag == b.tag end,
  TAG_NE = function(a, b) return a.tag ~= b.tag end,
}

local function checkConditions(version, input)
  for i, c in ipairs(request(input, {{"conds", "array", {}}}).conds) do
    local what = "condition " .. i
    check(c, {{"cond", "string"}, {"ver", "object"}}, what)
    local holds = conditions[c.cond]
    if not holds then fail("EINVAL", "%s: %q is not NONE, EQ, GT, GE, LT, LE, TAG_EQ or TAG_NE", what, c.cond) end
    if not holds(version, checkVersion(c.ver, "the version of " .. what)) then
      fail("ECANCELED", "condition %d, %s, does not hold of version %d", i, c.cond, version.ver)
    end
  end
end

function set(input)
  write_version(checkVersion(request(input, {{"objv", "object"}}).objv, "the version"))
end

function inc_conds(input, output)
  local v = read_version() or {ver = 1, tag = newTag()}
  checkConditions(v, input)
  if v.ver == math.maxinteger then fail("EOVERFLOW", "there is no version above %d", v.ver) end
  v.ver = v.ver + 1
  write_version(v)
  reply(output, {objv = v})
end

function inc(input, output)
  request(input, {})
  inc_conds(bufferlist.new(), output)
end

function read(_, output)
  objclass.stat()
  reply(output, {objv = read_version() or {ver = 0, tag = ""}})
end

function check_conds(input)
  objclass.stat()
  checkConditions(read_version() or {ver = 0, tag = ""}, input)
end

for _, reads in ipairs{read, check_conds} do objclass.register(reads, objclass.RD) end
for _, changes in ipairs{set, inc, inc_conds} do objclass.register(changes, objclass.RD | objclass.WR) end
