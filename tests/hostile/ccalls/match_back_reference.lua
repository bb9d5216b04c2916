-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
("x"):rep(5000):find("(.*)(.*)(.*)(.*)%1%2y")
