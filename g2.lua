function f() return _G.foo, bar end objclass.register(f) function g() end
