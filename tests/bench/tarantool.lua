-- The methods that are measured, as functions of Tarantool, whose changes are synced to disk before they are answered.

local port, text = arg[1], io.read('*a')

box.cfg{listen = '127.0.0.1:' .. port, work_dir = '.', wal_mode = 'fsync', log = 'log', checkpoint_interval = 0}
box.once('bench', function()
  local counters = box.schema.space.create('counters')
  counters:create_index('primary', {parts = {{1, 'string'}}})
  local texts = box.schema.space.create('texts')
  texts:create_index('primary', {parts = {{1, 'string'}}})
  texts:replace{'text', text}
  for _, name in ipairs{'noop', 'incr', 'scan'} do
    box.schema.func.create(name)
    box.schema.user.grant('guest', 'execute', 'function', name)
  end
  box.schema.user.grant('guest', 'read,write', 'universe')
end)

function noop() return '' end

function incr(name)
  local old = box.space.counters:get(name)
  local value = string.format('%d', (tonumber(old and old[2]) or 0) + 1)
  box.space.counters:replace{name, value}
  return value
end

function scan(name)
  local text, n = box.space.texts:get(name)[2], 0
  local byte = string.byte
  for i = 1, #text do
    if byte(text, i) == 10 then n = n + 1 end
  end
  return string.format('%d', n)
end
