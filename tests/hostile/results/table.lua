-- expect: script EIO "handler returned a table"
-- handler: f
function f()
	return setmetatable({}, {__tostring = function() return "0" end, __index = function() return 0 end, __name = "integer"})
end
objclass.register(f)
