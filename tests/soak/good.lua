-- Methods that do nothing wrong, and whose answers the test knows.

-- incr adds one to the object's data, and answers the sum.
function incr(input, output)
  output:append(string.format("%d", (tonumber(objclass.read(0, 0):str()) or 0) + 1))
  objclass.write_full(output)
end

-- keep stores the input in each part of the object.
function keep(input, output)
  objclass.write_full(input)
  objclass.setxattr("kept", input)
  objclass.map_write_header(input)
  objclass.map_set_val("kept", input)
end

-- dump answers all that the object holds.
function dump(input, output)
  local xattrs, names = objclass.getxattrs(), {}
  for name in pairs(xattrs) do names[#names + 1] = name end
  table.sort(names)
  output:append(objclass.read(0, 0):str())
  for _, name in ipairs(names) do output:append("\nxattr " .. name .. "=" .. xattrs[name]:str()) end
  output:append("\nheader " .. objclass.map_read_header():str())
  local values, keys = objclass.map_get_vals("", "", -1), {}
  for key in pairs(values) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do output:append("\nomap " .. key .. "=" .. values[key]:str()) end
end

-- sum adds the numbers up to the input.
function sum(input, output)
  local n = 0
  for i = 1, tonumber(input:str()) do n = n + i end
  output:append(string.format("%d", n))
end

-- sorted puts the words of the input in order.
function sorted(input, output)
  local words = {}
  for word in string.gmatch(input:str(), "%w+") do words[#words + 1] = word end
  table.sort(words)
  output:append(table.concat(words, " "))
end

-- litter leaves behind all that a method can, and answers what an earlier call left.
local calls = 0
function litter(input, output)
  local before = string.format("%d %s %s %s", calls, tostring(left), tostring(string.left), tostring(table.left))
  calls, left, string.left, table.left = calls + 1, "a global", "a function of strings", "a function of tables"
  string.rep, tostring = error, nil
  output:append(before)
end

for _, method in ipairs({dump, sum, sorted, litter}) do objclass.register(method, objclass.RD) end
for _, method in ipairs({incr, keep}) do objclass.register(method, objclass.RD | objclass.WR) end
