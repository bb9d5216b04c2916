-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
("("):rep(1 << 19):find("%b()")
