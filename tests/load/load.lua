-- What the clients of the load test call.

function echo(input, output) output:append(input) end

-- incr: adds one to the number in the object, and answers the sum.
function incr(_, output)
  local n = (tonumber(objclass.read(0, 0):str()) or 0) + 1
  output:append(string.format("%d", n))
  objclass.write_full(output)
end

-- big: answers 4 MiB.
function big(_, output)
  local mib = string.rep("x", 1 << 20)
  for _ = 1, 4 do output:append(mib) end
end

-- busy: runs for some 20 ms.
function busy() for _ = 1, 2000000 do end end

for _, method in ipairs{echo, big, busy} do objclass.register(method, objclass.RD) end
objclass.register(incr)
