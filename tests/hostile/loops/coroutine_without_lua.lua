-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
-- Coroutines whose bodies are library functions, so that no line of Lua runs in them.
while true do coroutine.wrap(pcall)(coroutine.wrap(pcall), error) end
