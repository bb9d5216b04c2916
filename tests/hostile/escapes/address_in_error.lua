-- expect: script EIO "function: builtin"
error(math.floor)
