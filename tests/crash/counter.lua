-- A counter that is kept three times: as the object's data, as an xattr and as an omap value, each with as many blanks behind the
-- number as the input says.

function incr(input, output)
  local n = (tonumber(objclass.read(0, 0):str()) or 0) + 1
  local value = bufferlist.new()
  value:append(string.format("%d", n) .. string.rep(" ", tonumber(input:str())))
  objclass.write_full(value)
  objclass.setxattr("count", value)
  objclass.map_set_val("count", value)
end

function get(input, output)
  output:append(objclass.read(0, 0):str())
  output:append(" " .. objclass.getxattr("count"):str())
  output:append(" " .. objclass.map_get_val("count"):str())
end

objclass.register(incr, objclass.RD | objclass.WR)
objclass.register(get, objclass.RD)
