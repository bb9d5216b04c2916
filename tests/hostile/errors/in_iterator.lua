-- expect: script EIO "in the iterator"
for _ in function() error("in the iterator") end do end
