#!lua name=bench
-- The methods that are measured, as functions of Redis.

redis.register_function{function_name = 'noop', callback = function() return '' end, flags = {'no-writes'}}

redis.register_function('incr', function(keys)
  local value = string.format('%d', (tonumber(redis.call('GET', keys[1]) or nil) or 0) + 1)
  redis.call('SET', keys[1], value)
  return value
end)

redis.register_function{function_name = 'scan', callback = function(keys)
  local text, n = redis.call('GET', keys[1]), 0
  local byte = string.byte
  for i = 1, #text do
    if byte(text, i) == 10 then n = n + 1 end
  end
  return string.format('%d', n)
end, flags = {'no-writes'}}
