-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
("x"):rep(3000):gsub((".*"):rep(12) .. "y", "z")
