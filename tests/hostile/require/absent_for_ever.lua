-- expect: class EINVAL "require \"nosuch\""
-- class
-- No pcall gets to see that a module is absent.
while true do pcall(require, "nosuch") end
