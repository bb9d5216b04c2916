-- This script puts out the names of all globals that scripts have, each with the names of its members, as JSON.

function globals(_, output)
  local all = {}
  for name, value in pairs(_G) do
    local members = {}
    if type(value) == "table" and value ~= _G then
      for member in pairs(value) do members[member] = true end
    end
    all[name] = members
  end
  all.globals = nil
  output:append(json.encode(all))
end
objclass.register(globals, objclass.RD)
