-- counter: a counter of 64 bits, which is the object.
--
-- The object's data is the number in decimal. An absent or empty object counts 0.
--
-- get (RD): output: the number.
-- inc, dec (RD|WR): input: an integer, 1 by default. Output: the new number.
-- set (RD|WR): input: an integer. Output: the number that was there before.
-- cas (RD|WR): input: two integers, old and new. Sets new if the number is old, else ECANCELED. Output: the new number.
-- Inputs and outputs are decimal text, which is also JSON. EINVAL: the input is no integer of 64 bits. EOVERFLOW: the sum is none, and the
-- number stays. EIO: the object holds something else.

local function fail(errno, format, ...) objclass.fail(objclass[errno], format:format(...), 0) end

-- parse returns the integer that a text is, or nil. tonumber makes a float of one that does not fit.
local function parse(text)
  local n = #text <= 24 and text:find("^%s*[+-]?%d+%s*$") and tonumber(text)
  return math.type(n) == "integer" and n or nil
end

local function read()
  local text = objclass.read(0, 32):str()
  local n = text == "" and 0 or parse(text)
  if not n then fail("EIO", "the object's data is no counter: %q", text) end
  return n
end

local function write(n, output, answer)
  local b = bufferlist.new()
  b:append(("%d"):format(n))
  objclass.write_full(b)
  output:append(("%d"):format(answer or n))
end

local function argument(text)
  local n = parse(text)
  if not n then fail("EINVAL", "the input must be an integer of 64 bits") end
  return n
end

local function step(input) return #input == 0 and 1 or argument(input:sub(1, 32)) end

function get(_, output) output:append(("%d"):format(read())) end

function inc(input, output)
  local n, by = read(), step(input)
  local sum = n + by
  if (n ~ sum) & (by ~ sum) < 0 then fail("EOVERFLOW", "%d and %d are more than a counter holds", n, by) end
  write(sum, output)
end

function dec(input, output)
  local n, by = read(), step(input)
  local rest = n - by
  if (n ~ by) & (n ~ rest) < 0 then fail("EOVERFLOW", "%d less %d is less than a counter holds", n, by) end
  write(rest, output)
end

function set(input, output)
  local n, old = argument(input:sub(1, 32)), read()
  write(n, output, old)
end

function cas(input, output)
  local old, new = (#input <= 64 and input:str() or ""):match("^%s*(%S+)%s+(%S+)%s*$")
  if not old then fail("EINVAL", "the input must be two integers, the old and the new one") end
  old, new = argument(old), argument(new)
  local n = read()
  if n ~= old then fail("ECANCELED", "the counter is %d, not %d", n, old) end
  write(new, output)
end

objclass.register(get, objclass.RD)
for _, changes in ipairs{inc, dec, set, cas} do objclass.register(changes, objclass.RD | objclass.WR) end
