// What json_decode.cc and json_encode.cc share: RapidJSON within a VM.
//
// All memory is Lua's, and so the arena's: nothing of libc's heap is used, and there is nothing for a destructor to do. So an error of
// Lua, and the guard, may jump out of any of these functions.
#ifndef LUAVM_JSON_HPP
#define LUAVM_JSON_HPP

#include <cerrno>
#include <cstddef>
#include <cstring>

extern "C" {
#include "bytes.h"
#include <lauxlib.h>
}

// What RapidJSON takes for impossible ends the call as a fault. It would make an allocator if it were given none.
#define RAPIDJSON_ASSERT(condition) ((condition) ? static_cast<void>(0) : __builtin_trap())
#define RAPIDJSON_NEW(allocator) nullptr
#define RAPIDJSON_DELETE(allocator) static_cast<void>(allocator)

// Arrays and objects within each other.
constexpr int kMaxDepth = 128;

// The allocator of one growing block of memory, a userdata at an index of the stack.
class LuaBlock {
public:
	static const bool kNeedFree = false;

	LuaBlock(lua_State *L, int index) : L_(L), index_(index) {}

	void *Malloc(size_t size) { return Realloc(nullptr, 0, size); }

	void *Realloc(void *old, size_t old_size, size_t size)
	{
		if (size == 0)
			return nullptr;
		void *block = lua_newuserdatauv(L_, size, 0);
		if (old_size > 0)
			std::memcpy(block, old, old_size < size ? old_size : size);
		lua_replace(L_, index_);
		return block;
	}

	static void Free(void *) {}

private:
	lua_State *L_;
	int index_;
};

// Raises EINVAL with the text on top of the stack, and the place of the call before it.
inline int json_fail(lua_State *L)
{
	luaL_where(L, 1);
	lua_insert(L, -2);
	lua_concat(L, 2);
	return lv_raise(L, EINVAL);
}

#endif
