-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- Garbage without end is no leak: it is the deadline that ends this.
while true do local _ = {("x"):rep(100)} end
