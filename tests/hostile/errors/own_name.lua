-- expect: script EIO "own"
error(setmetatable({}, {__name = "own\r\nname"}))
