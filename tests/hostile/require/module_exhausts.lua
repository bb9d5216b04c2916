-- expect: trap:memory ENOMEM "memory"
-- class
require "exhausts"
