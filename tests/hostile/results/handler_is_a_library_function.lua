-- expect: ok ""
-- handler: print
objclass.register(print)
