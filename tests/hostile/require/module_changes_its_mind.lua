-- expect: op EINVAL "changes.lua did not require it when it was installed"
-- class
require "changes"
