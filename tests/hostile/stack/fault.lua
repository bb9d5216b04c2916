-- expect: trap:fault EFAULT "SIGSEGV raised in the VM"
-- slow
-- Given time, the same chain is longer than the C stack.
x = {}
x.a = x
assert(load("local x = x return x" .. (".a"):rep(100000) .. ".b()"))()
