-- hello: the template for classes of your own, with two that do not behave.
--
-- As Ceph's class of that name. Inputs and outputs are plain bytes, not JSON.
--
-- say_hello (RD): input: a name of up to 100 bytes, "world" by default. Output: "Hello, NAME!". EINVAL for a longer one.
-- record_hello (RD|WR): writes what say_hello would say into a new object, and who said it into the xattr said_by. EEXIST if
--   the object is there, EINVAL as above.
-- replay (RD): output: what was recorded, up to 1100 bytes. ENOENT without an object.
-- turn_it_to_11 (RD|WR): turns the recorded greeting into capitals, and puts who did it into the xattr amplified_by. EINVAL with
--   any input.
-- write_return_data, writes_dont_return_data, write_too_much_return_data (WR): set the xattr foo, and return 42 and a text. A
--   writing method's output comes back here, which in Ceph depends on flags of the operation. EINVAL with any input, and then
--   nothing was set.
-- bad_reader (WR): reads although it is registered to write only. It gets what it asks for: flags bound what a method may change.
-- bad_writer (RD): writes although it is registered to read only. EPERM, and nothing was written.

-- bytes returns a bufferlist of a string.
local function bytes(s)
  local b = bufferlist.new()
  b:append(s)
  return b
end

local function greeting(input)
  if #input > 100 then objclass.fail(objclass.EINVAL, "the name has " .. #input .. " bytes, the limit is 100") end
  return "Hello, " .. (#input > 0 and input:str() or "world") .. "!"
end

-- refuse refuses any input.
local function refuse(input)
  if #input > 0 then objclass.fail(objclass.EINVAL, "too much input data!") end
end

-- exists reports whether there is an object.
local function exists() return (pcall(objclass.stat)) end

-- origin returns who calls.
local function origin() return bytes(objclass.caller().client) end

function say_hello(input, output)
  output:append(greeting(input))
end

function record_hello(input)
  local text = greeting(input)
  if exists() then objclass.fail(objclass.EEXIST, "a greeting is there already") end
  objclass.write_full(bytes(text))
  objclass.setxattr("said_by", origin())
end

function replay(_, output)
  objclass.stat() -- ENOENT, if there is no object
  output:append(objclass.read(0, 1100))
end

function turn_it_to_11(input)
  refuse(input)
  objclass.write_full(bytes(objclass.read(0, 1100):str():upper()))
  objclass.setxattr("amplified_by", origin())
end

-- returning sets an xattr, and returns a text and 42. What a method that fails has set is not committed.
local function returning(input, output, text)
  objclass.setxattr("foo", bytes("bar"))
  refuse(input)
  output:append(text)
  return 42
end

function write_return_data(input, output) return returning(input, output, "you might see this") end

function writes_dont_return_data(input, output) return returning(input, output, "you will never see this") end

function write_too_much_return_data(input, output)
  return returning(input, output, ("you should not see this because it is toooooo long. "):rep(10))
end

function bad_reader(_, output) output:append(objclass.read(0, 100)) end

function bad_writer(input) objclass.write_full(input) end

for _, reads in ipairs{say_hello, replay, bad_writer} do objclass.register(reads, objclass.RD) end
for _, changes in ipairs{record_hello, turn_it_to_11} do objclass.register(changes, objclass.RD | objclass.WR) end
for _, writes in ipairs{write_return_data, writes_dont_return_data, write_too_much_return_data, bad_reader} do
  objclass.register(writes, objclass.WR)
end
