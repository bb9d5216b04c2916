-- Requires something else in a class than it did when it was installed.
if pcall(objclass.register, 5) then require "plain" end
return true
