-- expect: ok ""
-- Without a handler there is no output to write to.
return 5, {}, "output"
