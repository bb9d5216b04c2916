-- lock: advisory locks on an object, shared and exclusive, that may expire.
--
-- As Ceph's class of that name. An object has any number of locks by name. A lock has lockers: one with an exclusive lock, any number with
-- a shared one. A locker is who it says it is (locker, "" by default) and a cookie; Ceph's takes the client's name, which a daemon
-- without authentication does not know. All calls of one client must give the same. A locker whose time is over is as one that went.
--
-- lock (RD|WR)
--   input: {"name": string, "type": "exclusive", "shared" or "exclusive-ephemeral", "locker": "", "cookie": "", "tag": "",
--     "description": "", "duration": seconds, 0 for ever, "flags": 0, or 1 to take a lock anew that the locker may have (may renew), or
--     2 for one that it must have (must renew)}
--   All who hold a lock give the same tag. An ephemeral lock is an exclusive one, with which the object is removed.
--   EBUSY: others hold the lock, with another tag, or of another type. EEXIST: the locker holds it already. ENOENT: it does not, with
--   flag 2. The object is created, if it is absent.
-- unlock (RD|WR): input: {"name": string, "locker": "", "cookie": ""}. ENOENT: there is no such locker.
-- break_lock (RD|WR): as unlock, for the lock of somebody else.
-- get_info (RD): input: {"name": string}. Output: {"lock_type": "none" or a type, "tag": string, "lockers": [{"locker": string, "cookie": string,
--   "description": string, "addr": string, "expiration": seconds since 1970, or 0 for never}, …]} in order of lockers and cookies.
-- list_locks (RD): output: {"locks": [name, …]}. The names of all locks that ever were.
-- assert_locked (RD): input: {"name": string, "type": string, "locker": "", "cookie": "", "tag": ""}. EBUSY unless the locker holds that lock,
--   of that type and tag.
-- set_cookie (RD|WR): input: as assert_locked, and "new_cookie": string. Gives the locker another cookie. EBUSY as assert_locked, or if the
--   locker has the new cookie, too.
--
-- ENOENT: the object is absent (all but lock). EINVAL: the input is wrong. EIO: what is stored is no lock, or it was
-- written by Ceph's own class. Stored in the xattr lock.NAME, as JSON.

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

local PREFIX = "lock."
local MAY_RENEW, MUST_RENEW = 1, 2
local types = {exclusive = true, shared = true, ["exclusive-ephemeral"] = true}

local function find(lock, locker, cookie)
  for i, l in ipairs(lock.lockers) do
    if l.locker == locker and l.cookie == cookie then return i end
  end
end

local function checkLocker(l)
  for _, name in ipairs{"locker", "cookie", "description", "addr"} do
    if not isObject(l) or type(l[name]) ~= "string" then fail("EIO", "the lock has a locker without %s", name) end
  end
  if math.type(l.expiration_us) ~= "integer" then fail("EIO", "the lock has a locker without expiration") end
  return l
end

-- readLock returns a lock without the lockers whose time is over. Where missing is true, an absent object has no locks.
local function readLock(name, missing)
  if not missing then objclass.stat() end
  local text = stored(objclass.getxattr, PREFIX .. name)
  if not text then return {lock_type = "none", tag = "", lockers = json.array()} end
  local lock = state(text, "the lock")
  if type(lock.lock_type) ~= "string" or type(lock.tag) ~= "string" or not isArray(lock.lockers) then
    fail("EIO", "what is stored is no lock")
  end
  local time, alive = now(), json.array()
  for _, l in ipairs(lock.lockers) do
    local expiration = checkLocker(l).expiration_us
    if expiration == 0 or expiration >= time then alive[#alive + 1] = l end
  end
  lock.lockers = alive
  return lock
end

local function writeLock(name, lock)
  table.sort(lock.lockers, function(a, b)
    if a.locker ~= b.locker then return a.locker < b.locker end
    return a.cookie < b.cookie
  end)
  objclass.setxattr(PREFIX .. name, bytes(json.encode(lock)))
end

-- checkOp refuses an empty name, and a type that is none.
local function checkOp(op)
  if op.name == "" then fail("EINVAL", "the name of the lock is empty") end
  if not types[op.type] then fail("EINVAL", "%q is not exclusive, shared or exclusive-ephemeral", op.type) end
  return op
end

function lock(input)
  local op = checkOp(request(input, {{"name", "string"}, {"type", "string"}, {"locker", "string", ""}, {"cookie", "string", ""},
    {"tag", "string", ""}, {"description", "string", ""}, {"duration", "seconds", 0}, {"flags", "size", 0}}))
  if op.flags > MUST_RENEW then fail("EINVAL", "flags are 0, 1 (may renew) or 2 (must renew)") end
  local l = readLock(op.name, true)
  if #l.lockers > 0 and op.tag ~= l.tag then fail("EBUSY", "the lock is held with the tag %q", l.tag) end
  local own = find(l, op.locker, op.cookie)
  if own and op.flags == 0 then fail("EEXIST", "the locker holds the lock already") end
  if not own and op.flags == MUST_RENEW then fail("ENOENT", "the locker does not hold the lock") end
  if own then table.remove(l.lockers, own) end
  if #l.lockers > 0 and (op.type ~= "shared" or l.lock_type ~= op.type) then
    fail("EBUSY", "the lock is %s, and held by %q%s", l.lock_type, l.lockers[1].locker, #l.lockers > 1 and " and others" or "")
  end
  l.lock_type, l.tag = op.type, op.tag
  l.lockers[#l.lockers + 1] = {locker = op.locker, cookie = op.cookie, description = op.description, addr = objclass.caller().client,
    expiration_us = op.duration > 0 and now() + microseconds(op.duration) or 0}
  writeLock(op.name, l)
end

local function remove(input)
  local op = request(input, {{"name", "string"}, {"locker", "string", ""}, {"cookie", "string", ""}})
  local l = readLock(op.name)
  local i = find(l, op.locker, op.cookie)
  if not i then fail("ENOENT", "the lock has no locker %q with cookie %q", op.locker, op.cookie) end
  table.remove(l.lockers, i)
  if l.lock_type == "exclusive-ephemeral" then
    objclass.remove()
  else
    writeLock(op.name, l)
  end
end

function unlock(input) remove(input) end
function break_lock(input) remove(input) end

function get_info(input, output)
  local l = readLock(request(input, {{"name", "string"}}).name)
  for _, locker in ipairs(l.lockers) do
    locker.expiration, locker.expiration_us = seconds(locker.expiration_us), nil
  end
  reply(output, l)
end

function list_locks(_, output)
  local names = json.array()
  for name in pairs(objclass.getxattrs()) do
    if name:sub(1, #PREFIX) == PREFIX then names[#names + 1] = name:sub(#PREFIX + 1) end
  end
  reply(output, {locks = names})
end

-- held returns the input's lock and the place of its locker there, or raises EBUSY.
local function held(op)
  local l = readLock(op.name)
  if #l.lockers == 0 then fail("EBUSY", "nobody holds the lock") end
  if l.lock_type ~= op.type then fail("EBUSY", "the lock is %s", l.lock_type) end
  if l.tag ~= op.tag then fail("EBUSY", "the lock is held with the tag %q", l.tag) end
  local i = find(l, op.locker, op.cookie)
  if not i then fail("EBUSY", "the lock has no locker %q with cookie %q", op.locker, op.cookie) end
  return l, i
end

function assert_locked(input)
  held(checkOp(request(input, {{"name", "string"}, {"type", "string"}, {"locker", "string", ""}, {"cookie", "string", ""}, {"tag", "string", ""}})))
end

function set_cookie(input)
  local op = checkOp(request(input, {{"name", "string"}, {"type", "string"}, {"locker", "string", ""}, {"cookie", "string", ""}, {"tag", "string", ""},
    {"new_cookie", "string"}}))
  local l, i = held(op)
  if find(l, op.locker, op.new_cookie) then fail("EBUSY", "the locker has the cookie %q, too", op.new_cookie) end
  l.lockers[i].cookie = op.new_cookie
  writeLock(op.name, l)
end

for _, reads in ipairs{get_info, list_locks, assert_locked} do objclass.register(reads, objclass.RD) end
for _, changes in ipairs{lock, unlock, break_lock, set_cookie} do objclass.register(changes, objclass.RD | objclass.WR) end
