-- expect: script EIO "attempt to call a nil value (field 'b')"
a = {}
a.b()
