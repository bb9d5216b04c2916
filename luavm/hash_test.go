//go:build lua54

// The library hash, by the vectors of those who defined the hashes.

package luavm

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/objluad/objluad/objclass"
)

// hashPrelude has sanity(n), the bytes that the tests of xxHash hash.
const hashPrelude = prelude + `
function sanity(n)
	local bytes, x = {}, 2654435761
	for i = 1, n do bytes[i] = string.char(x >> 56) x = x * -7046029288634856819 end
	return table.concat(bytes)
end
function count(from, to, step)
	local bytes = {}
	for i = from, to, step do bytes[#bytes + 1] = string.char(i) end
	return table.concat(bytes)
end
prime = 2654435761
`

// Calls and what they give, in hexadecimal digits but for sha256.
var hashVectors = []struct{ call, want string }{
	// RFC 3720, B.4, and the check value of the catalogue of CRCs.
	{`crc32c("")`, "0"},
	{`crc32c("123456789")`, "e3069283"},
	{`crc32c(("\0"):rep(32))`, "8a9136aa"},
	{`crc32c(("\255"):rep(32))`, "62a8ab43"},
	{`crc32c(count(0, 31, 1))`, "46dd794e"},
	{`crc32c(count(31, 0, -1))`, "113fdb5c"},
	// Ceph's ceph_crc32c(0, "foo bar baz") is 4119623852: Ceph inverts neither what comes in nor what comes out.
	{`crc32c("foo bar baz", 0xffffffff) ~ 0xffffffff`, fmt.Sprintf("%x", 4119623852)},
	// The sanity checks of xxHash.
	{`xxh64("")`, "ef46db3751d8e999"},
	{`xxh64("", prime)`, "ac75fda2929b17ef"},
	{`xxh64(sanity(1))`, "e934a84adb052768"},
	{`xxh64(sanity(1), prime)`, "5014607643a9b4c3"},
	{`xxh64(sanity(14))`, "8282dcc4994e35c8"},
	{`xxh64(sanity(14), prime)`, "c3bd6bf63deb6df0"},
	{`xxh64(sanity(222))`, "b641ae8cb691c174"},
	{`xxh64(sanity(222), prime)`, "20cb8ab7ae10c14a"},
	{`xxh64("abc")`, "44bc2cf5ad770999"},
	// FIPS 180-4, of NIST's examples.
	{`sha256("")`, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{`sha256("abc")`, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{`sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")`, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{`sha256(("a"):rep(1000000))`, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
}

func TestHashVectors(t *testing.T) {
	e := newEngine(t, Options{})
	for _, v := range hashVectors {
		source := hashPrelude + `
			function f(i, o)
				local h = hash.` + v.call + `
				o:append(math.type(h) == "integer" and ("%x"):format(h) or h)
			end
			objclass.register(f)`
		object, _ := newObject(objclass.RD)
		got, err := e.Run(context.Background(), &objclass.Invocation{
			Unit: unitOf("eval", source, true), Method: "f", Object: object, Budget: objclass.Budget{Wall: time.Minute, Output: 100},
		})
		if err != nil || string(got.Output) != v.want {
			t.Errorf("%s: got %q, %v, want %s", v.call, got.Output, err, v.want)
		}
	}
}

var hashScripts = map[string]string{
	"bufferlists": `
		local all = count(0, 255, 1):rep(2000)
		for _, algorithm in ipairs{"crc32c", "xxh64", "sha256"} do
			local f = hash[algorithm]
			for _, n in ipairs{0, 1, 100, 65535, 65536, 65537, 131072, 512000} do
				assert(f(bl(all:sub(1, n))) == f(all:sub(1, n)))
			end
			assert(f(bl(all):sub(2)) ~= f(all))
		end`,
	"parts": `
		local all = sanity(1000):rep(150)
		for _, algorithm in ipairs{"crc32c", "xxh64", "sha256"} do
			local whole = hash[algorithm](all)
			for _, size in ipairs{1, 31, 32, 63, 64, 65, 4096, 65536, 65537, 100000, 150000} do
				local h, at = hash.new(algorithm), 1
				local from = size < 1000 and 149001 or 1 -- many small parts take long
				if from > 1 then h:update(bl(all:sub(1, from - 1))) end
				for i = from, #all, size do assert(h:update(bl(all:sub(i, i + size - 1))) == h) end
				assert(h:digest() == whole and h:digest() == whole, algorithm .. size)
			end
			assert(hash.new(algorithm):digest() == hash[algorithm](""))
			assert(hash.new(algorithm):update(""):update("x"):update(""):digest() == hash[algorithm]("x"))
		end
		assert(hash.crc32c("b", hash.crc32c("a")) == hash.crc32c("ab"))
		assert(hash.new("crc32c", hash.crc32c("a")):update("b"):digest() == hash.crc32c("ab"))
		assert(hash.new("xxh64", 7):update("a"):update("b"):digest() == hash.xxh64("ab", 7) and hash.xxh64("ab", 7) ~= hash.xxh64("ab"))
		assert(hash.xxh64("a", -1) == hash.xxh64("a", 0xffffffffffffffff))`,
	"two at once": `
		local a, b = hash.new("sha256"), hash.new("xxh64")
		for i = 1, 10 do a:update("a" .. i) b:update("b" .. i) end
		assert(a:digest() == hash.sha256("a1a2a3a4a5a6a7a8a9a10") and b:digest() == hash.xxh64("b1b2b3b4b5b6b7b8b9b10"))`,
	"wrong arguments": `
		throws("bufferlist or string expected", hash.sha256)
		throws("bufferlist or string expected", hash.crc32c, 5)
		throws("bufferlist or string expected", hash.xxh64, {})
		throws("a crc has 32 bits", hash.crc32c, "", -1)
		throws("a crc has 32 bits", hash.crc32c, "", 1 << 32)
		throws("number expected", hash.xxh64, "", "x")
		throws("no integer representation", hash.xxh64, "", 0.5)
		throws("invalid option 'md5'", hash.new, "md5")
		throws("string expected", hash.new)
		local h = hash.new("sha256")
		throws("hash expected", h.update, "x", "x")
		throws("hash expected", h.digest, bl("x"))
		throws("bufferlist or string expected", h.update, h)
		assert(getmetatable(h) == false and tostring(h):find("^hash: "))
		throws("attempt to index", function() h.x = 1 end)`,
}

func TestHash(t *testing.T) {
	e := newEngine(t, Options{})
	for name, script := range hashScripts {
		t.Run(name, func(t *testing.T) {
			object, _ := newObject(objclass.RD)
			_, err := e.Run(context.Background(), &objclass.Invocation{
				Unit: unitOf(name, hashPrelude+script, true), Object: object, Budget: objclass.Budget{Wall: time.Minute},
			})
			if err != nil {
				t.Errorf("%v\n%s", err, asError(t, err).Traceback)
			}
			checkPristine(t, e)
		})
	}
}

// A class may hash while it is loaded, and each call goes on with what was begun then.
func TestHashInAClass(t *testing.T) {
	e := newEngine(t, Options{})
	unit := unitOf("begun.lua", `
		local h, crc = hash.new("sha256"):update("ab"), hash.crc32c("ab")
		function f(i, o)
			h:update(i)
			assert(crc == hash.crc32c("ab"))
			o:append(h:digest())
		end
		objclass.register(f)`, false)
	for range 2 {
		object, _ := newObject(objclass.RD)
		got, err := e.Run(context.Background(), &objclass.Invocation{
			Unit: unit, Method: "f", Input: []byte("c"), Object: object, Budget: testBudget,
		})
		if want := "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; err != nil || string(got.Output) != want {
			t.Errorf("got %q, %v, want %s", got.Output, err, want)
		}
		checkPristine(t, e)
	}
}
