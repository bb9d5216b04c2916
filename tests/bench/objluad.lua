-- The methods that are measured, as a class of objluad.

function noop(input, output) end

function incr(input, output)
  output:append(string.format("%d", (tonumber(objclass.read(0, 0):str()) or 0) + 1))
  objclass.write_full(output)
end

function scan(input, output)
  local text, n = objclass.read(0, 0):str(), 0
  local byte = string.byte
  for i = 1, #text do
    if byte(text, i) == 10 then n = n + 1 end
  end
  output:append(string.format("%d", n))
end

objclass.register(noop, objclass.RD)
objclass.register(incr, objclass.RD | objclass.WR)
objclass.register(scan, objclass.RD)
