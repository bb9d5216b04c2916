-- expect: trap:deadline ETIMEDOUT "inside a library function"
-- timeout: 50ms
-- class
string.rep("", 1 << 60)
