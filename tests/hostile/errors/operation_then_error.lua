-- expect: script EIO "of the script"
load(function() objclass.getxattr("first") end)
error("of the script")
