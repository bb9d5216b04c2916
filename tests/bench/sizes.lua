-- The methods whose cost is measured as objects and omaps grow. Keys are 12 digits, as redis-benchmark draws them.

local function number(n)
  local b = bufferlist.new()
  b:append(string.format("%d", n))
  return b
end

-- Objects: a number as data, and a key.

function make()
  objclass.write_full(number(0))
  objclass.map_set_val("key", number(0))
end

function incr(input, output)
  output:append(number((tonumber(objclass.read(0, 0):str()) or 0) + 1))
  objclass.write_full(output)
end

function key(input, output) output:append(objclass.map_get_val("key")) end

-- One omap: fill makes the keys of a range, the others take a key.

function fill(input)
  local from, to = input:str():match("(%d+) (%d+)")
  local pairs = {}
  for i = tonumber(from), tonumber(to) do pairs[string.format("%012d", i)] = "0" end
  objclass.map_set_vals(pairs)
end

function add(input, output)
  output:append(number((tonumber(objclass.map_get_val(input:str()):str()) or 0) + 1))
  objclass.map_set_val(input:str(), output)
end

function get(input, output) output:append(objclass.map_get_val(input:str())) end

function page(input, output)
  local n = 0
  for _ in pairs(objclass.map_get_vals(input:str(), "", 100)) do n = n + 1 end
  output:append(number(n))
end

for _, f in ipairs{make, incr, fill, add} do objclass.register(f, objclass.RD | objclass.WR) end
for _, f in ipairs{key, get, page} do objclass.register(f, objclass.RD) end
