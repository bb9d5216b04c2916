-- expect: ok ""
-- handler: none
function none() return end
objclass.register(none)
