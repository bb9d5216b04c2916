-- expect: script EIO "in the reader"
assert(load(function() error("in the reader") end))
