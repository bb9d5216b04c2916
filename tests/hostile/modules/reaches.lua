-- Hands out its globals, its objclass and its require.
return {environment = _ENV, objclass = objclass, require = require}
