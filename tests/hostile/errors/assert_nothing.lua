-- expect: script EIO "value expected"
assert()
