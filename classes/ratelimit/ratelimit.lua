-- ratelimit: token buckets.
--
-- An object is a limiter: so many tokens come in so many seconds, up to a burst. It has a bucket for each key, full at first, from
-- which takes are made. Time is that of the daemon.
--
-- configure (RD|WR): input: {"rate": tokens, "per": 1 (seconds), "burst": rate}. Rate and burst are integers from 1 to 1000000, per from 1 to
--   86400. Buckets keep what they have, up to the new burst.
-- take (RD|WR): input: {"key": "", "tokens": 1}. Output: {"allowed": boolean, "remaining": tokens, "retry_after": seconds}. Where there are not
--   enough tokens it takes none, and returns 1; retry_after is when there are, if nobody else takes some.
-- peek (RD): as take, but takes nothing.
-- reset (RD|WR): input: {"key": ""}. The bucket is full again.
--
-- ENOENT: the limiter is not configured. EINVAL: the input is wrong, or tokens are more than the burst, which no waiting would bring. EIO: what is
-- stored is no limiter. Stored in the omap, as JSON: the configuration in its header, and a bucket under its key.

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

local MICRO = 1000000 -- of a token, and of a second

local function readConfiguration()
  local text = objclass.map_read_header():str()
  if text == "" then fail("ENOENT", "the limiter is not configured") end
  local c = state(text, "the configuration")
  for name, max in pairs{rate = MICRO, burst = MICRO, per = 86400} do
    if math.type(c[name]) ~= "integer" or c[name] < 1 or c[name] > max then fail("EIO", "the configuration has no %s", name) end
  end
  return c
end

-- fill brings a bucket to the present. Its level is in microtokens; rest is what the last one lacked to be whole, in parts of per.
local function fill(bucket, c, now)
  local elapsed, full = now - bucket.at_us, c.burst * MICRO
  bucket.at_us, bucket.early = now, elapsed < 0
  if elapsed > 0 and bucket.level < full then
    if elapsed >= (full - bucket.level) * c.per // c.rate + 1 then
      bucket.level, bucket.rest = full, 0
    else
      local gained = elapsed * c.rate + bucket.rest
      bucket.level, bucket.rest = bucket.level + gained // c.per, gained % c.per
    end
  end
  if bucket.level >= full then bucket.level, bucket.rest = full, 0 end
  return bucket
end

-- readBucket returns a bucket as it is now.
local function readBucket(key, c)
  local now = objclass.now() // 1000
  local text = stored(objclass.map_get_val, key)
  if not text then return {level = c.burst * MICRO, rest = 0, at_us = now} end
  local bucket = state(text, "the bucket")
  for _, name in ipairs{"level", "rest", "at_us"} do
    if math.type(bucket[name]) ~= "integer" or bucket[name] < 0 then fail("EIO", "the bucket has no %s", name) end
  end
  bucket.rest = bucket.rest % c.per -- which another configuration may have made larger
  return fill(bucket, c, now)
end

-- answer tells whether there are enough tokens, and takes them out of the bucket.
local function answer(input)
  local op, c = request(input, {{"key", "string", ""}, {"tokens", "size", 1}}), readConfiguration()
  if op.tokens > c.burst then fail("EINVAL", "there are never %d tokens: the burst is %d", op.tokens, c.burst) end
  local bucket = readBucket(op.key, c)
  local missing = op.tokens * MICRO - bucket.level
  local allowed = missing <= 0
  if allowed then bucket.level = -missing end
  local wait = allowed and 0 or (missing * c.per - bucket.rest + c.rate - 1) // c.rate -- in microseconds
  return {allowed = allowed, remaining = bucket.level // MICRO, retry_after = wait % MICRO == 0 and wait // MICRO or wait / MICRO}, op.key, bucket
end

function configure(input)
  local c = request(input, {{"rate", "size"}, {"per", "size", 1}, {"burst", "size", 0}})
  if c.burst == 0 then c.burst = c.rate end
  if c.rate < 1 or c.rate > MICRO or c.burst > MICRO then fail("EINVAL", "rate and burst must be from 1 to %d", MICRO) end
  if c.per < 1 or c.per > 86400 then fail("EINVAL", "per must be from 1 to 86400 seconds") end
  objclass.map_write_header(bytes(json.encode(c)))
end

function take(input, output)
  local result, key, bucket = answer(input)
  if result.allowed or bucket.early then -- a clock that went back would otherwise bring nothing until it is where it was
    bucket.early = nil
    objclass.map_set_val(key, bytes(json.encode(bucket)))
  end
  reply(output, result)
  return result.allowed and 0 or 1
end

function peek(input, output)
  local result = answer(input)
  reply(output, result)
  return result.allowed and 0 or 1
end

function reset(input)
  local key = request(input, {{"key", "string", ""}}).key
  readConfiguration()
  objclass.map_remove_key(key)
end

objclass.register(peek, objclass.RD)
for _, changes in ipairs{configure, take, reset} do objclass.register(changes, objclass.RD | objclass.WR) end
