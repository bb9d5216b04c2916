-- expect: class EOPNOTSUPP "require \"nosuch\""
-- class
require "nosuch"
