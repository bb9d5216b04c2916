-- expect: trap:deadline ETIMEDOUT "over 50 ms"
-- timeout: 50ms
for _ in function() return 1 end do end
