-- expect: script EIO "while loading"
-- class
error("while loading")
