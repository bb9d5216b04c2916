-- expect: script EIO "unexpected symbol near '='"
-- class
x = = 1
