-- expect: class EINVAL "require \"nosuch\""
-- class
require "nosuch"
