-- expect: script EIO "unexpected symbol near '='"
x = = 1
