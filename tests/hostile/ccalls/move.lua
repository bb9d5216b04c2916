-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
table.move({}, 1, 1 << 60, 2)
