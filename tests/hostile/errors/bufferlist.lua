-- expect: script EIO "bufferlist of 0 bytes"
error(bufferlist.new())
