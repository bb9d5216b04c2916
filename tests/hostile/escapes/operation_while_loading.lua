-- expect: op EPERM "there is no object while a class is loaded"
-- class
objclass.write_full(bufferlist.new())
