-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- The compiler skips blanks, and there is always one more.
load(function() return " " end)
