---@meta objclass
-- What a script has, for editors with the Lua language server; docs/lua-api.md is made from this file. objluad class api prints it.

-- # Reference of the script API
--
-- Scripts are Lua 5.4. [scripts.md](scripts.md) is the guide; this page has each function. What `cls_lua` has, too, takes its arguments, and
-- has its results and errors. What is said of RADOS and of `cls_lua` was seen on Ceph 16.2.
--
-- Offsets, sizes and counts are integers of 64 bits, in bytes where nothing else is said. Names, keys and prefixes are strings of any
-- bytes, NUL among them; a number stands for its text. Data and values are bufferlists.
--
-- **Errors.** An argument of a wrong type is a Lua error, `EIO` if nothing catches it. All else that fails is an operation error: `pcall`
-- returns `false, -errno, message`, and the caller gets that errno if nothing catches it. Besides those that a function names, each
-- operation on the object fails with
--
-- - `EPERM` while a class is loaded, and when the method has ended;
-- - `EPERM` if the class's manifest does not grant it, or if it changes the object and the method, or the call, may only read;
-- - `EIO`, or what else the store gives, if the store cannot read what it has.
--
-- What the method itself has changed is seen by what follows. A method that ends with an error has changed nothing.

-- ## Methods

---The object, its class's methods, and errnos.
---@class objclass
objclass = {}

---The method reads. For `register` and `manifest`; added to `WR` by `|`.
---@type integer
objclass.RD = 1

---The method changes its object. Without it each change is `EPERM`, before it has an effect.
---@type integer
objclass.WR = 2

---Makes a global function a method, under the name that it has when the chunk has ended. It is called with two bufferlists, the call's
---input and its output, and returns an integer from -2147483648 to 2147483647, or a string of one; nothing is 0. A negative one is the
---errno with which the call fails. Anything else is `EIO`.
---
---Errors: a Lua error if the function is registered already, or the flags are others.
---
---As in `cls_lua`, which has no flags: there a method reads and writes.
---@param handler fun(input: bufferlist, output: bufferlist): integer?
---@param flags? integer `RD`, `WR` or both; both if it is left out
function objclass.register(handler, flags) end

---Says what the class's methods are, take and may touch. [Manifest](scripts.md#manifest) has the keys. Once, while the class is loaded.
---
---Errors: `EINVAL`, when the class is installed, if it is not as it must be. A Lua error in a method or a script, and above 64 KiB.
---@param manifest objclass.Manifest
function objclass.manifest(manifest) end

---Ends what the method does with an error of its own. It does not return.
---
---Errors: the errno that is given. A Lua error if that is none from 1 to 2147483647.
---@param errno integer positive; it need not have a name
---@param message string what the caller is told, up to 1024 bytes
---@param level? integer whose place is put before the message, as `error`'s: 1, the default, that of the caller of `fail`; 0 none
function objclass.fail(errno, message, level) end

---Logs its arguments, joined by spaces: strings and numbers as they are, `true` and `false`, and of all others the type.
---The daemon logs 100 messages of a run, and 4096 bytes of each.
---
---Errors: none.
---
---As in `cls_lua`.
---@param level? integer a first argument that is a number, not negative, and not alone; 10 if there is none
---@param ... any
---@return string? text what was joined; nothing without arguments
---@overload fun(...: any): string?
function objclass.log(level, ...) end

-- ## The run

---When this run of the method began, by the daemon's clock: the same however often it is asked. `objclass.now() // 1000000000` are
---seconds, as those of `stat`. A method that is run again, because another commit came first, begins at a new time.
---
---Errors: `EPERM` while a class is loaded, and when the method has ended.
---@return integer ns nanoseconds since 1970
function objclass.now() end

---Bytes that nobody can foretell, from the stream (ChaCha8) of which `math.random` draws its seed, too. Each run seeds it anew.
---
---Errors: `EINVAL` if `n` is negative or above 65536. `EPERM` as for `now`.
---@param n integer 0 to 65536
---@return string bytes
function objclass.random_bytes(n) end

---The name of the object beside which the method runs.
---
---Errors: `EPERM` as for `now`.
---@return objclass.Object object
function objclass.object() end

---@class objclass.Object
---@field pool string
---@field namespace string empty if there is none
---@field oid string

---Who calls what. There may be more fields in time to come.
---
---Errors: `EPERM` as for `now`.
---@return objclass.Caller caller
function objclass.caller() end

---@class objclass.Caller
---@field client string the address from which the client is connected
---@field user? string as whom the client has logged in; nil where the daemon has no users
---@field class? string nil for a script that was sent with the call
---@field method string or the script's handler
---@field version string SHA-256 of the class version or script, in hexadecimal digits

-- ## Data

---Makes the object exist.
---
---Errors: `EEXIST` if it exists and `exclusive` is true.
---
---As `cls_cxx_create`. As in `cls_lua` the argument's truth counts: `create(0)` is exclusive.
---@param exclusive? boolean
function objclass.create(exclusive) end

---Removes the object with all that it has.
---
---Errors: `ENOENT` if it is absent.
---
---As `cls_cxx_remove`.
function objclass.remove() end

---Errors: `ENOENT` if the object is absent.
---
---As `cls_cxx_stat`.
---@return integer size bytes of data
---@return integer mtime seconds since 1970; of an object that this run created, when the run began
function objclass.stat() end

---Reads data, less where it ends. An absent object reads as empty.
---
---Errors: `EFBIG` if a number is negative, `ENOMEM` if the VM has no room for so much: read it in parts.
---
---As `cls_cxx_read`.
---@param off integer from 0
---@param len integer 0 reads to the end
---@return bufferlist data
function objclass.read(off, len) end

---Writes data, and creates the object. A gap before it reads as zeros.
---
---Errors: `EINVAL` if `len` is not the length of `data`. `EFBIG` if `off` is negative, or the end above the object's limit (128 MiB).
---
---As `cls_cxx_write`.
---@param off integer from 0
---@param len integer
---@param data bufferlist
function objclass.write(off, len, data) end

---Replaces the data, and creates the object.
---
---Errors: `EFBIG` above the object's limit.
---
---As `cls_cxx_write_full`.
---@param data bufferlist
function objclass.write_full(data) end

---Writes at the end, and creates the object, with no data, too.
---
---Errors: `EFBIG` above the object's limit.
---
---As `rados_write_op_append`.
---@param data bufferlist
function objclass.append(data) end

---Drops the bytes behind `size`, or adds zeros. An absent object stays absent.
---
---Errors: `EFBIG` if `size` is negative, or above the object's limit.
---
---As `rados_write_op_truncate`.
---@param size integer
function objclass.truncate(size) end

---Makes bytes zeros, as far as there are any. An absent object stays absent.
---
---Errors: `EFBIG` if a number is negative.
---
---As `rados_write_op_zero`, but the size stays: RADOS cuts the object off where zeros reach its end.
---@param off integer
---@param len integer
function objclass.zero(off, len) end

-- ## Xattrs

---Errors: `ENOENT` if the object is absent, `ENODATA` if the xattr is.
---
---As `cls_cxx_getxattr`.
---@param name string
---@return bufferlist value
function objclass.getxattr(name) end

---All xattrs. `pairs` goes through them in the order of their names.
---
---Errors: `ENOENT` if the object is absent, `EFBIG` if the VM has no room for them.
---
---As `cls_cxx_getxattrs`.
---@return table<string, bufferlist> xattrs
function objclass.getxattrs() end

---Sets an xattr, and creates the object.
---
---Errors: `ENAMETOOLONG` for a name above 100 bytes, `EFBIG` for a value above its limit (64 KiB), `EINVAL` for the one that is reserved
---(`objluad.partial`).
---
---As `cls_cxx_setxattr`.
---@param name string
---@param value bufferlist
---@return bufferlist value its argument, as in `cls_lua`: so `return objclass.setxattr(…)` fails
function objclass.setxattr(name, value) end

---Removes an xattr. One that is not there is removed with success.
---
---Errors: `ENOENT` if the object is absent.
---
---As `rados_write_op_rmxattr`.
---@param name string
function objclass.rmxattr(name) end

-- ## Omap
--
-- Keys are in byte order. [Listings](scripts.md#listings) and [walks](scripts.md#walks) are explained in the guide.

---Keys that are greater than `after`, the lowest ones. An absent object has none.
---
---Errors: `EFBIG` if the VM has no room for so many: ask for fewer, or use `map_pairs`.
---
---As `cls_cxx_map_get_keys`; in `cls_lua` there is no `prefix` and no `more`, and 1024 keys are the most.
---@param after string empty: from the beginning, the empty key included
---@param max integer how many keys at most; negative: no limit
---@param prefix? string with which the keys begin
---@return table<string, true> keys `pairs` goes through them in their order
---@return boolean more whether there are keys behind them
function objclass.map_get_keys(after, max, prefix) end

---Pairs, as `map_get_keys` gives keys.
---
---Errors: `EFBIG` as for `map_get_keys`.
---
---As `cls_cxx_map_get_vals`.
---@param after string
---@param prefix string
---@param max integer
---@return table<string, bufferlist> pairs
---@return boolean more
function objclass.map_get_vals(after, prefix, max) end

---The pairs of those keys that there are.
---
---Errors: `EINVAL` for a key that is neither string nor number, `EFBIG` as for `map_get_keys`.
---
---As `cls_cxx_map_get_vals_by_keys`.
---@param keys (string|number)[]
---@return table<string, bufferlist> pairs
function objclass.map_get_vals_by_keys(keys) end

---For a loop over an omap of any size, `for key, value in objclass.map_pairs("user/", "user/") do … end`: the pairs with keys greater
---than `after`. Each step shows what the method has changed until then.
---
---Errors: none of its own; each step may fail as an operation does.
---@param after? string from the beginning if it is left out
---@param prefix? string with which the keys begin; all if it is left out
---@return fun(): string?, bufferlist? step
function objclass.map_pairs(after, prefix) end

---Errors: `ENOENT` if the object or the key is absent.
---
---As `cls_cxx_map_get_val`.
---@param key string
---@return bufferlist value
function objclass.map_get_val(key) end

---Sets a pair, and creates the object.
---
---Errors: `ENAMETOOLONG` for a key above its limit (64 KiB), `EFBIG` for a value above its limit (16 MiB).
---
---As `cls_cxx_map_set_val`.
---@param key string
---@param value bufferlist
function objclass.map_set_val(key, value) end

---Sets all pairs of a table, or none, and creates the object, for an empty table, too.
---
---Errors: `EINVAL` for a key that is neither string nor number, and for a value that is no string. As for `map_set_val`.
---
---As `cls_cxx_map_set_vals`.
---@param pairs table<string|number, string>
function objclass.map_set_vals(pairs) end

---Removes a key. One that is not there is removed with success.
---
---Errors: `ENOENT` if the object is absent.
---
---As `cls_cxx_map_remove_key`.
---@param key string
function objclass.map_remove_key(key) end

---Removes the keys k with `first` <= k < `last`, at the same cost for one and for a million.
---
---Errors: `ENOENT` if the object is absent, `ENAMETOOLONG` for a bound above the limit of keys.
---
---As `cls_cxx_map_remove_range`.
---@param first string
---@param last? string all from `first` on if it is left out; none if it is not above `first`
function objclass.map_remove_range(first, last) end

---Removes all pairs, and the header.
---
---Errors: `ENOENT` if the object is absent.
---
---As `cls_cxx_map_clear`.
function objclass.map_clear() end

---The omap's header, empty if there is none.
---
---Errors: none of its own.
---
---As `cls_cxx_map_read_header`.
---@return bufferlist header
function objclass.map_read_header() end

---Sets the omap's header, and creates the object.
---
---Errors: `EFBIG` above its limit (16 MiB).
---
---As `cls_cxx_map_write_header`.
---@param header bufferlist
function objclass.map_write_header(header) end

-- ## Versions

---The version that the object had when the run began; each commit gives it a higher one.
---
---Errors: none of its own.
---
---As `cls_current_version`.
---@return integer version 0 if the object was absent
function objclass.current_version() end

---A call has one operation.
---
---Errors: none of its own.
---
---As `cls_current_subop_num`.
---@return integer number 0
function objclass.current_subop_num() end

---Errors: none of its own.
---
---As in `cls_lua`.
---@return string version `"<version>.0"`
function objclass.current_subop_version() end

-- ## Manifests

---@class objclass.Manifest
---@field doc? string what the class is
---@field methods? table<string, objclass.ManifestMethod> by name; only those that are registered
---@field capabilities? objclass.Capabilities all that the methods may touch; everything if it is left out

---@class objclass.ManifestMethod
---@field doc? string
---@field flags? integer some of those with which it was registered
---@field input? "none"|"text"|"json"|"bytes" for whoever reads it
---@field output? "none"|"text"|"json"|"bytes" for whoever reads it
---@field timeout_ms? integer wall time of a run, and CPU time if `cpu_ms` is left out
---@field cpu_ms? integer CPU time of a run
---@field memory_bytes? integer memory of the VM
---@field output_bytes? integer output

---@class objclass.Capabilities
---@field data? boolean data, size and times
---@field omap? boolean|string[] omap keys, or those that begin with one of these
---@field xattr? boolean|string[] xattrs, or those whose names begin with one of these
---@field header? boolean the omap's header
---@field create? boolean bringing an absent object into being
---@field remove? boolean `remove`

-- ## Bufferlists
--
-- Bytes that need not become a string. `#b` is their number; `a .. b` a new bufferlist, where one of both may be a string; `==`, `<` and
-- `<=` compare as strings of bytes do. Positions are those of Lua's `string`: 1 is the first byte, -1 the last. They work while a class is
-- loaded, too.

---@class bufferlist
---@operator len: integer
---@operator concat(bufferlist|string): bufferlist
local b = {}

bufferlist = {}

---A bufferlist of no bytes.
---
---As in `cls_lua`.
---@return bufferlist b
function bufferlist.new() end

---All bytes.
---
---As in `cls_lua`.
---@return string bytes
function b:str() end

---Adds bytes at the end.
---
---As in `cls_lua`, which takes a string only.
---@param bytes string|bufferlist
function b:append(bytes) end

---A part, as `string.sub`.
---@param i integer
---@param j? integer -1 if it is left out
---@return string bytes
function b:sub(i, j) end

---The numbers of bytes, as `string.byte`.
---@param i? integer 1 if it is left out
---@param j? integer `i` if it is left out
---@return integer ...
function b:byte(i, j) end

---The place of a text, as `string.find` without patterns.
---@param text string
---@param i? integer from where on; 1 if it is left out
---@return integer? first nil if there is none
---@return integer? last
function b:find(text, i) end

---As `string.unpack`. Only formats with `!`, `s`, `z` or `X` copy what is behind `i`.
---@param format string
---@param i? integer 1 if it is left out
---@return any ... the values, and the position behind them
function b:unpack(format, i) end

---For a loop over lines, `for line in b:lines() do … end`, each without its newline.
---@return fun(): string? step
function b:lines() end

-- ## Operation errors
--
-- What an operation that fails raises. `pcall` takes it apart; a handler of `xpcall` gets it whole, and `error(e)` raises it again.

---@class objclass.Error
---@field errno integer positive
---@field message string

-- ## JSON
--
-- [What becomes what](scripts.md#json). Also while a class is loaded.

---@class json
json = {}

---What stands for JSON's null, since nil is no value in a table.
---@type lightuserdata
json.null = nil

---Reads one value of RFC 8259.
---
---Errors: `EINVAL`, with the byte. A name that comes twice is wrong, and a number with an exponent above 308.
---@param text string|bufferlist
---@return any value
function json.decode(text) end

---Writes a value in one line, names in byte order.
---
---Errors: `EINVAL` for what JSON has not: functions, nan, inf, strings that are not UTF-8, arrays with holes, more than 128 tables within
---each other.
---@param value any
---@return string text
function json.encode(value) end

---Marks a table as an array, which may be empty.
---
---Errors: a Lua error if the table has a metatable.
---@generic T: table
---@param t? T a new one if it is left out
---@return T t
function json.array(t) end

-- ## Hashes
--
-- Of a string or a bufferlist, which is not copied. Also while a class is loaded.

---@class hash
hash = {}

---CRC-32C (Castagnoli), as of iSCSI. Ceph's `crc32c` inverts nothing: of the same bytes and the seed -1 it is `hash.crc32c(x) ~ 0xffffffff`.
---@param bytes string|bufferlist
---@param crc? integer of what came before, 0 to 0xffffffff; 0 if it is left out
---@return integer crc 0 to 0xffffffff
function hash.crc32c(bytes, crc) end

---XXH64.
---@param bytes string|bufferlist
---@param seed? integer 0 if it is left out
---@return integer hash 64 bits; `("%016x"):format(hash)` shows it as others do
function hash.xxh64(bytes, seed) end

---SHA-256.
---@param bytes string|bufferlist
---@return string hash 64 hexadecimal digits, in lower case
function hash.sha256(bytes) end

---A hash of bytes that come in parts.
---@param algorithm "crc32c"|"xxh64"|"sha256"
---@param seed? integer as for `crc32c` and `xxh64`
---@return hash.State h
function hash.new(algorithm, seed) end

---@class hash.State
local h = {}

---Adds bytes.
---@param bytes string|bufferlist
---@return hash.State h itself
function h:update(bytes) end

---The hash so far, of the kind that the function of the algorithm's name gives. More may be added.
---@return integer|string hash
function h:digest() end

-- ## Errnos
--
-- Positive numbers, fields of `objclass`.

objclass.EPERM = 1 -- Operation not permitted
objclass.ENOENT = 2 -- No such file or directory
objclass.ESRCH = 3 -- No such process
objclass.EINTR = 4 -- Interrupted system call
objclass.EIO = 5 -- Input/output error
objclass.ENXIO = 6 -- No such device or address
objclass.E2BIG = 7 -- Argument list too long
objclass.ENOEXEC = 8 -- Exec format error
objclass.EBADF = 9 -- Bad file descriptor
objclass.ECHILD = 10 -- No child processes
objclass.EAGAIN = 11 -- Resource temporarily unavailable
objclass.ENOMEM = 12 -- Cannot allocate memory
objclass.EACCES = 13 -- Permission denied
objclass.EFAULT = 14 -- Bad address
objclass.EBUSY = 16 -- Device or resource busy
objclass.EEXIST = 17 -- File exists
objclass.EXDEV = 18 -- Invalid cross-device link
objclass.ENODEV = 19 -- No such device
objclass.ENOTDIR = 20 -- Not a directory
objclass.EISDIR = 21 -- Is a directory
objclass.EINVAL = 22 -- Invalid argument
objclass.ENFILE = 23 -- Too many open files in system
objclass.EMFILE = 24 -- Too many open files
objclass.ENOTTY = 25 -- Inappropriate ioctl for device
objclass.EFBIG = 27 -- File too large
objclass.ENOSPC = 28 -- No space left on device
objclass.ESPIPE = 29 -- Illegal seek
objclass.EROFS = 30 -- Read-only file system
objclass.EMLINK = 31 -- Too many links
objclass.EPIPE = 32 -- Broken pipe
objclass.EDOM = 33 -- Numerical argument out of domain
objclass.ERANGE = 34 -- Numerical result out of range
objclass.ENAMETOOLONG = 36 -- File name too long
objclass.ENODATA = 61 -- No data available
objclass.EOVERFLOW = 75 -- Value too large for defined data type
objclass.EMSGSIZE = 90 -- Message too long
objclass.EOPNOTSUPP = 95 -- Operation not supported
objclass.ETIMEDOUT = 110 -- Connection timed out
objclass.ECANCELED = 125 -- Operation canceled

-- ## Lua's libraries
--
-- What a script has of them:
--
-- | library | has |
-- |---|---|
-- | | `assert` `collectgarbage` `error` `getmetatable` `ipairs` `load` `next` `pairs` `pcall` `print` `rawequal` `rawget` `rawlen` `rawset` `require` `select` `setmetatable` `tonumber` `tostring` `type` `xpcall` `_G` `_VERSION` |
-- | `string` | `byte` `char` `find` `format` `gmatch` `gsub` `len` `lower` `match` `pack` `packsize` `rep` `reverse` `sub` `unpack` `upper` |
-- | `table` | `concat` `insert` `move` `pack` `remove` `sort` `unpack` |
-- | `math` | `abs` `acos` `asin` `atan` `atan2` `ceil` `cos` `cosh` `deg` `exp` `floor` `fmod` `frexp` `huge` `ldexp` `log` `log10` `max` `maxinteger` `min` `mininteger` `modf` `pi` `pow` `rad` `random` `randomseed` `sin` `sinh` `sqrt` `tan` `tanh` `tointeger` `type` `ult` |
-- | `utf8` | `char` `charpattern` `codepoint` `codes` `len` `offset` |
-- | `coroutine` | `close` `create` `isyieldable` `resume` `running` `status` `wrap` `yield` |
--
-- `io`, `os`, `package` and `debug` are not there, nor `dofile`, `loadfile`, `warn` and `string.dump`. These are not as Lua has them:
--
-- | function | here |
-- |---|---|
-- | `pcall` | returns `false, -errno, message` for an operation error |
-- | `xpcall` | calls its handler after the stack was unwound |
-- | `print` | logs, with tabs between its arguments |
-- | `load` | takes text only |
-- | `require` | another installed class, in the chunk of a class; [Require](scripts.md#require) |
-- | `setmetatable` | refuses `__gc`; `__close` and `__mode` have no effect, and variables cannot be `<close>` |
-- | `collectgarbage` | `"count"` gives KiB that are in use; all else does nothing |
-- | `tostring`, `string.format` | tell no addresses |
-- | `string.gmatch` | takes patterns of up to 4096 bytes |
-- | `math.random` | is seeded anew in each run |
-- | `math.randomseed` | without arguments takes its seed from the stream of `random_bytes` |
-- | `getmetatable` | of strings, bufferlists and other userdata gives `false` |
