-- expect: script EIO "in the comparator"
table.sort({1, 2}, function() error("in the comparator") end)
