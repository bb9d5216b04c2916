-- Attacks. Each spoils the object first, which must not be seen afterwards.

local function spoil()
  local junk = bufferlist.new()
  junk:append("junk")
  objclass.write_full(junk)
  objclass.setxattr("kept", junk)
  objclass.setxattr("junk", junk)
  objclass.map_clear()
  objclass.map_set_val("junk", junk)
end

local function forever() while true do end end

local function attack(name, run)
  _G[name] = function(input, output) spoil() return run(input, output) end
  objclass.register(_G[name], objclass.RD | objclass.WR)
end

attack("loop_in_pcall", function() while true do pcall(forever) end end)
attack("loop_in_coroutine", function() coroutine.wrap(forever)() end)
attack("coroutines", function() while true do coroutine.wrap(function() end)() end end)
attack("pattern", function() return (("a"):rep(100):find(("a?"):rep(100) .. ("a"):rep(100))) end)
attack("empty_rep", function() return string.rep("", 1 << 60) end)
attack("loop_in_sort", function() table.sort({1, 2, 3}, forever) end)
attack("loop_in_tostring", function() error(setmetatable({}, {__tostring = forever})) end)
attack("loop_of_operations", function() while true do objclass.read(0, 0) end end)

attack("memory", function() local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end end)
attack("large_string", function() return ("x"):rep(1 << 30) end)
attack("recursion", function() local function f() return 1 + f() end return f() end)

attack("recursion_in_c", function() local function f() return (string.gsub("a", "a", f)) end return f() end)
attack("uncaught", function() error("boom") end)
attack("errors_in_handlers", function() xpcall(error, function() error("again") end) error("out") end)
attack("fail", function() return -objclass.ENOSPC end)
attack("operation", function() objclass.getxattr("nosuch") end)
attack("output", function(input, output) for _ = 1, 3 do output:append(string.rep("x", 1 << 20)) end end)
