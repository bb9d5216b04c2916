-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
coroutine.wrap(string.rep)("", 1 << 60)
