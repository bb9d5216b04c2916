-- expect: op EEXIST
objclass.create(0)
