-- The methods that are measured beside cls_lua, which runs this same text. redis-benchmark's table cannot have it with double quotes.

function echo(input, output)
  output:append(input:str())
end

function incr(input, output)
  output:append(string.format('%d', (tonumber(objclass.read(0, 0):str()) or 0) + 1))
  objclass.write_full(output)
end

objclass.register(echo, objclass.RD) -- which is nil in cls_lua
objclass.register(incr)
