-- expect: ok "kept"
-- handler: f
function f(input, output)
	output:append("kept")
	output = bufferlist.new()
	output:append("lost")
	input, output = output, input
end
objclass.register(f)
