-- expect: ok "contained"
-- handler: probe
-- calls: 3
-- class
-- What one run adds to a hash of the class is not in it in the next one.
local begun = hash.new("sha256"):update("a")
function probe(input, output)
	assert(begun:digest() == hash.sha256("a") and hash.crc32c)
	begun:update("b")
	assert(begun:digest() == hash.sha256("ab"))
	hash.crc32c = nil
	output:append("contained")
end
objclass.register(probe)
