// json.decode: the value of a JSON text, which is all of RFC 8259 and nothing beyond. An object that has a name twice is refused,
// since one of the values would be lost.

#include <cmath>

#include "json.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

using rapidjson::SizeType;

namespace {

// Whether a text that is UTF-8 otherwise has half of a surrogate pair: RapidJSON makes one of "\\udc00" without a half before it.
bool has_half_pair(const char *text, size_t size)
{
	const char *end = text + size;
	while ((text = static_cast<const char *>(std::memchr(text, 0xed, end - text)))) {
		if (static_cast<unsigned char>(text[1]) >= 0xa0)
			return true;
		text++;
	}
	return false;
}

// What the parser meets becomes values on the stack: of each open container its table, and for objects the name under which the
// next value goes.
class Builder {
public:
	explicit Builder(lua_State *L) : L_(L) {}

	const char *error() const { return error_; }

	bool Null()
	{
		lua_pushlightuserdata(L_, nullptr);
		return add();
	}

	bool Bool(bool b)
	{
		lua_pushboolean(L_, b);
		return add();
	}

	// An integer that fits is one of Lua's, exactly; other numbers are floats.
	bool RawNumber(const char *text, SizeType, bool)
	{
		if (lua_stringtonumber(L_, text) == 0)
			return fail("not a number");
		if (!lua_isinteger(L_, -1) && !std::isfinite(lua_tonumber(L_, -1)))
			return fail("a number beyond the range of floats");
		return add();
	}

	bool String(const char *text, SizeType size, bool)
	{
		if (has_half_pair(text, size))
			return fail(kHalfPair);
		lua_pushlstring(L_, text, size);
		return add();
	}

	bool Key(const char *text, SizeType size, bool)
	{
		if (has_half_pair(text, size))
			return fail(kHalfPair);
		lua_pushlstring(L_, text, size);
		lua_pushvalue(L_, -1);
		if (lua_rawget(L_, -3) != LUA_TNIL)
			return fail("a name that the object has already");
		lua_pop(L_, 1);
		return true;
	}

	bool StartObject() { return open(false); }
	bool EndObject(SizeType) { return close(); }

	bool StartArray()
	{
		if (!open(true))
			return false;
		lua_rawgetp(L_, LUA_REGISTRYINDEX, &lv_key_json_array);
		lua_setmetatable(L_, -2);
		return true;
	}

	bool EndArray(SizeType) { return close(); }

	// Numbers come as text.
	bool Int(int) { return false; }
	bool Uint(unsigned) { return false; }
	bool Int64(int64_t) { return false; }
	bool Uint64(uint64_t) { return false; }
	bool Double(double) { return false; }

private:
	struct Level {
		bool array;
		lua_Integer values;
	};

	static constexpr const char *kHalfPair = "half of a surrogate pair";

	bool fail(const char *error)
	{
		error_ = error;
		return false;
	}

	bool open(bool array)
	{
		if (depth_ == kMaxDepth)
			return fail("more than 128 arrays and objects within each other");
		luaL_checkstack(L_, 8, nullptr); // RapidJSON's block takes one, too
		lua_newtable(L_);
		levels_[depth_++] = Level{array, 0};
		return true;
	}

	bool close()
	{
		depth_--;
		return add();
	}

	// Puts the value on top of the stack into the container that is open.
	bool add()
	{
		if (depth_ == 0)
			return true;
		Level &in = levels_[depth_ - 1];
		if (in.array)
			lua_rawseti(L_, -2, ++in.values);
		else
			lua_rawset(L_, -3);
		return true;
	}

	lua_State *L_;
	const char *error_ = nullptr;
	int depth_ = 0;
	Level levels_[kMaxDepth];
};

constexpr unsigned kFlags =
	rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;

} // namespace

int lv_json_decode(lua_State *L)
{
	size_t size;
	const char *text = lv_check_bytes(L, 1, &size);
	lua_settop(L, 2);
	luaL_checkstack(L, 8, nullptr);
	LuaBlock block(L, 2);
	Builder builder(L);
	rapidjson::MemoryStream stream(text, size);
	rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, LuaBlock> reader(&block);
	rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
	if (!result.IsError() && stream.Tell() == size)
		return 1;
	const char *error = builder.error();
	if (!error)
		error = result.IsError() ? rapidjson::GetParseError_En(result.Code()) : "A NUL behind the value.";
	lua_pushfstring(L, "json.decode: byte %I: %s", static_cast<LUAI_UACINT>(stream.Tell() + 1), error);
	return json_fail(L);
}
