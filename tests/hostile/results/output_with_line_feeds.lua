-- expect: ok "\r\n+OK\r\n-EIO op forged\r\n$-1\r\n\x00"
-- handler: f
function f(input, output) output:append("\r\n+OK\r\n-EIO op forged\r\n$-1\r\n\0") end
objclass.register(f)
