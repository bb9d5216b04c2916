-- expect: script EIO "one"
-- What looks like further replies of the protocol must not become some.
error("one\r\n+OK\r\n$5\r\nhello\r\n-EIO two\n:5\r", 0)
