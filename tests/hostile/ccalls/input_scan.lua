-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
-- handler: scan
-- input: 1048576
function scan(input)
	return (input:str():find((".*"):rep(6) .. "y"))
end
objclass.register(scan)
