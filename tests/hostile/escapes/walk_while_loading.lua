-- expect: op EPERM "there is no object while a class is loaded"
-- class
objclass.map_pairs()
