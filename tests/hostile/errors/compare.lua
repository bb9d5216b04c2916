-- expect: script EIO "attempt to compare two table values"
return {} < {}
