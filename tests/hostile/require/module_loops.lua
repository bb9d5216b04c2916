-- expect: trap:deadline ETIMEDOUT "over"
-- timeout: 50ms
-- class
require "loops"
