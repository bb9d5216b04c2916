-- refcount: references to an object, which is removed with the last one.
--
-- As Ceph's class of that name. A reference is a tag. An object on which nobody ever counted may stand for one that holds a reference
-- already, the wildcard: the empty tag, which put takes where implicit_ref is true and its own tag is not there.
--
-- get (RD|WR): input: {"tag": string, "implicit_ref": false}. Adds a reference.
-- put (RD|WR): input: as get. Drops one, and removes the object with the last. A tag that was put once is retired: putting it again does
--   nothing, even where the wildcard is left, and neither does putting one that is not there.
-- set (RD|WR): input: {"refs": [string, …]}. Replaces all, and forgets what was retired. None removes the object.
-- read (RD): input: {"implicit_ref": false}. Output: {"refs": [string, …]} in byte order.
--
-- ENOENT: the object is absent; only set with a reference makes it. EINVAL: the input is wrong, or put where there are no references.
-- EIO: what is stored is no refcount. Stored in the xattr refcount, as JSON.

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

local XATTR = "refcount"

local function setOf(array, what)
  local set = {}
  if not isArray(array) then fail("EIO", "%s is no array", what) end
  for _, tag in ipairs(array) do
    if type(tag) ~= "string" then fail("EIO", "%s has what is no tag", what) end
    set[tag] = true
  end
  return set
end

local function arrayOf(set)
  local array = json.array()
  for tag in pairs(set) do array[#array + 1] = tag end
  table.sort(array)
  return array
end

local function load_refs(implicit)
  local ok, result = pcall(objclass.getxattr, XATTR)
  if ok then
    local s = state(result:str(), "the refcount")
    return setOf(s.refs, "the refcount"), setOf(s.retired_refs, "the refcount")
  end
  if result ~= -objclass.ENODATA then objclass.getxattr(XATTR) end
  return implicit and {[""] = true} or {}, {}
end

local function store(refs, retired)
  objclass.setxattr(XATTR, bytes(json.encode({refs = arrayOf(refs), retired_refs = arrayOf(retired)})))
end

local tagged = {{"tag", "string"}, {"implicit_ref", "boolean", false}}

function get(input)
  local op = request(input, tagged)
  local refs, retired = load_refs(op.implicit_ref)
  refs[op.tag] = true
  store(refs, retired)
end

function put(input)
  local op = request(input, tagged)
  local refs, retired = load_refs(op.implicit_ref)
  if next(refs) == nil then fail("EINVAL", "the object has no references") end
  local tag = refs[op.tag] and op.tag or op.implicit_ref and refs[""] and ""
  if not tag or retired[op.tag] then return end
  refs[tag], retired[op.tag] = nil, true
  if next(refs) == nil then
    objclass.remove()
  else
    store(refs, retired)
  end
end

function set(input)
  local array = request(input, {{"refs", "array"}}).refs
  local refs = {}
  for i, tag in ipairs(array) do
    if type(tag) ~= "string" then fail("EINVAL", "reference %d is no string", i) end
    refs[tag] = true
  end
  if next(refs) == nil then
    objclass.remove()
  else
    store(refs, {})
  end
end

function read(input, output)
  local op = request(input, {{"implicit_ref", "boolean", false}})
  reply(output, {refs = arrayOf((load_refs(op.implicit_ref)))})
end

objclass.register(read, objclass.RD)
for _, changes in ipairs{get, put, set} do objclass.register(changes, objclass.RD | objclass.WR) end
