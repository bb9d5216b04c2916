-- expect: ok 1048576 bytes
-- handler: f
function f(input, output)
	for _ = 1, 16 do output:append(("x"):rep(1 << 16)) end
end
objclass.register(f)
