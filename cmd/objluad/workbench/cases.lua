-- This script runs a file of tests, and puts out as JSON what it returned. Its input is the file's name, a newline and the source.

-- plain makes of a string that JSON cannot hold a table with its bytes.
local function plain(value)
  if type(value) == "string" and not utf8.len(value) then
    return {hex = (value:gsub(".", function(c) return ("%02x"):format(c:byte()) end))}
  end
  if type(value) ~= "table" then return value end
  local copy = {}
  for k, v in pairs(value) do copy[k] = plain(v) end
  return copy
end

function cases(input, output)
  local name, source = input:str():match("^(.-)\n(.*)$")
  local chunk, wrong = load(source, "=" .. name)
  if not chunk then error(wrong, 0) end
  output:append(json.encode(plain(chunk())))
end
objclass.register(cases, objclass.RD)
