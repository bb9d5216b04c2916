-- json: a JSON document, which is the object, read and changed by path.
--
-- The object's data is the document. Paths are JSON pointers (RFC 6901): "" is the whole document, "/a/0" the first element of the array
-- under "a". Integers of 64 bits stay exact.
--
-- get (RD): input: {"path": ""}. Output: the value.
-- set (RD|WR): input: {"path": string, "value": value}. Puts a value there, in place of another one. What it lies in must be there. The path ""
--   makes a document; "-" for an index appends to an array.
-- remove (RD|WR): input: {"path": string}. Removes a value, but not the whole document.
-- patch (RD|WR): input: a JSON Patch (RFC 6902), an array of add, remove, replace, move, copy and test. All of it or nothing.
-- merge (RD|WR): input: a JSON Merge Patch (RFC 7396). Where there is no document it makes one.
--
-- ENOENT: there is no document, or nothing at a path. ECANCELED: a test of a patch failed. EINVAL: the input is wrong, or the document
-- would have more than 128 levels. EIO: the object's data is no JSON.

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

local LEVELS = 128

-- read returns the document in a table, as what lies there may be replaced: {value = document}. Without a document its value is nil.
local function read()
  local data = objclass.read(0, 0)
  if #data == 0 then return {} end
  local ok, value, message = pcall(json.decode, data)
  if not ok then
    if value ~= -objclass.EINVAL then json.decode(data) end
    fail("EIO", "the object is no JSON document: %s", message)
  end
  return {value = value}
end

local function readDocument()
  local root = read()
  if root.value == nil then fail("ENOENT", "the object has no document") end
  return root
end

local function write(root) objclass.write_full(bytes(json.encode(root.value))) end

-- parse returns the tokens of a pointer.
local function parse(path)
  if type(path) ~= "string" or path ~= "" and path:sub(1, 1) ~= "/" or path:gsub("~[01]", ""):find("~", 1, true) then
    fail("EINVAL", "%s is no JSON pointer", type(path) == "string" and ("%q"):format(path) or json.encode(path))
  end
  local tokens = {}
  for token in path:gmatch("/([^/]*)") do tokens[#tokens + 1] = token:gsub("~1", "/"):gsub("~0", "~") .. "" end
  return tokens
end

-- keyOf returns what a token means in a table, or nil: a key, or the index of an array, up to one behind its end.
local function keyOf(t, token)
  if isObject(t) then return token end
  if not isArray(t) then return nil end
  if token == "-" then return #t + 1 end
  local index = token:find("^%d+$") and (token == "0" or token:sub(1, 1) ~= "0") and #token < 16 and math.tointeger(token)
  return index and index <= #t and index + 1 or nil
end

-- locate returns the table in which a path ends, and its key there. What it lies in must be there.
local function locate(root, path)
  local t, key = root, "value"
  for _, token in ipairs(parse(path)) do
    t = t[key]
    key = t ~= nil and keyOf(t, token) or nil
    if not key then fail("ENOENT", "there is no place %q in the document", path) end
  end
  return t, key
end

local function find(root, path)
  local t, key = locate(root, path)
  if t[key] == nil then fail("ENOENT", "there is nothing at %q in the document", path) end
  return t, key
end

local function add(root, path, value)
  local t, key = locate(root, path)
  if isArray(t) then
    table.insert(t, key, value)
  else
    t[key] = value
  end
end

local function take(root, path)
  local t, key = find(root, path)
  if t == root then fail("EINVAL", "the whole document cannot be removed; remove the object") end
  local value = t[key]
  if isArray(t) then
    table.remove(t, key)
  else
    t[key] = nil
  end
  return value
end

local function deeper(level)
  if level > LEVELS then fail("EINVAL", "the document would have more than %d levels", LEVELS) end
  return level + 1
end

local function clone(v, level)
  if type(v) ~= "table" then return v end
  local copy = isArray(v) and json.array() or {}
  for key, value in pairs(v) do copy[key] = clone(value, deeper(level)) end
  return copy
end

local function equal(a, b, level)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  if isArray(a) ~= isArray(b) or #a ~= #b then return false end
  for key, value in pairs(a) do
    if b[key] == nil or not equal(value, b[key], deeper(level)) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local operations = {
  add = function(root, op) add(root, op.path, op.value) end,
  remove = function(root, op) take(root, op.path) end,
  replace = function(root, op)
    local t, key = find(root, op.path)
    t[key] = op.value
  end,
  move = function(root, op)
    if op.path:sub(1, #op.from + 1) == op.from .. "/" then fail("EINVAL", "%q cannot move into itself", op.from) end
    if op.path == op.from then
      find(root, op.from)
    else
      add(root, op.path, take(root, op.from))
    end
  end,
  copy = function(root, op)
    local t, key = find(root, op.from)
    add(root, op.path, clone(t[key], 1))
  end,
  test = function(root, op)
    local t, key = find(root, op.path)
    if not equal(t[key], op.value, 1) then fail("ECANCELED", "the test of %q fails", op.path) end
  end,
}

local wants = {add = "value", replace = "value", test = "value", move = "from", copy = "from"}

local function checkOperation(op, i)
  if not isObject(op) or not operations[op.op] then
    fail("EINVAL", "element %d of the patch has no op of add, remove, replace, move, copy and test", i)
  end
  for _, name in ipairs{"path", wants[op.op]} do
    if op[name] == nil then fail("EINVAL", "element %d of the patch, %s, has no %s", i, op.op, name) end
    if name ~= "value" then parse(op[name]) end
  end
end

local function mergeInto(target, patch)
  if not isObject(patch) then return patch end
  if not isObject(target) then target = {} end
  for key, value in pairs(patch) do
    if value == json.null then
      target[key] = nil
    else
      target[key] = mergeInto(target[key], value)
    end
  end
  return target
end

function get(input, output)
  local path = request(input, {{"path", "string", ""}}).path
  local t, key = find(readDocument(), path)
  reply(output, t[key])
end

function set(input)
  local op = request(input, {{"path", "string"}, {"value", "value"}})
  local root = op.path == "" and {} or readDocument()
  local t, key = locate(root, op.path)
  t[key] = op.value
  write(root)
end

function remove(input)
  local path = request(input, {{"path", "string"}}).path
  local root = readDocument()
  take(root, path)
  write(root)
end

function patch(input)
  local list = json.decode(input)
  if not isArray(list) then fail("EINVAL", "a patch must be a JSON array") end
  local root = readDocument()
  for i, op in ipairs(list) do
    checkOperation(op, i)
    operations[op.op](root, op)
  end
  write(root)
end

function merge(input)
  local changes, root = json.decode(input), read()
  root.value = mergeInto(root.value, changes)
  write(root)
end

objclass.register(get, objclass.RD)
for _, changes in ipairs{set, remove, patch, merge} do objclass.register(changes, objclass.RD | objclass.WR) end
