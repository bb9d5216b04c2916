-- expect: trap:deadline ETIMEDOUT "over 50 ms, inside a library function"
-- timeout: 50ms
for _ in ("x"):rep(3000):gmatch((".*"):rep(12) .. "y") do end
