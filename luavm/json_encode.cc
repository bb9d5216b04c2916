// json.encode: a value as JSON, in one line. The names of an object are in byte order, so that equal values give equal texts.

#include <algorithm>
#include <cmath>

#include "json.hpp"

#include <rapidjson/writer.h>

namespace {

// The text that grows, in a block at an index of the stack.
class Output {
public:
	typedef char Ch;

	Output(lua_State *L, int index) : block_(L, index) {}

	void Put(char c)
	{
		if (size_ == capacity_)
			grow();
		data_[size_++] = c;
	}

	void Flush() {}

	const char *data() const { return data_; }
	size_t size() const { return size_; }

private:
	void grow()
	{
		size_t capacity = capacity_ == 0 ? 256 : 2 * capacity_;
		data_ = static_cast<char *>(block_.Realloc(data_, size_, capacity));
		capacity_ = capacity;
	}

	LuaBlock block_;
	char *data_ = nullptr;
	size_t size_ = 0, capacity_ = 0;
};

struct Name {
	const char *text;
	size_t size;
};

// Whether the bytes end within a character. RapidJSON would look for the rest of it behind them.
bool cut_off(const char *text, size_t size)
{
	for (size_t left = 1; left <= std::min<size_t>(size, 3); left++) {
		auto first = static_cast<unsigned char>(text[size - left]);
		if (first >= 0xc0 && left < (first >= 0xf0 ? 4u : first >= 0xe0 ? 3u : 2u))
			return true;
	}
	return false;
}

bool comes_before(const Name &a, const Name &b)
{
	int order = std::memcmp(a.text, b.text, std::min(a.size, b.size));
	return order != 0 ? order < 0 : a.size < b.size;
}

// Writes the value on top of the stack, which it leaves there. Tables are taken as they are, whatever their metatables say, so no
// script runs meanwhile and nothing changes.
class Encoder {
public:
	Encoder(lua_State *L, int text, int levels) : L_(L), out_(L, text), levels_(L, levels), writer_(out_, &levels_) {}

	void value()
	{
		switch (lua_type(L_, -1)) {
		case LUA_TNIL:
			writer_.Null();
			return;
		case LUA_TBOOLEAN:
			writer_.Bool(lua_toboolean(L_, -1));
			return;
		case LUA_TNUMBER:
			number();
			return;
		case LUA_TLIGHTUSERDATA:
			writer_.Null(); // a script has no other
			return;
		case LUA_TTABLE:
			container();
			return;
		}
		if (!lv_has_bytes(L_, -1))
			fail("a %s has no form in JSON", luaL_typename(L_, -1));
		bytes();
	}

	void push_text() { lua_pushlstring(L_, out_.data(), out_.size()); }

private:
	void number()
	{
		if (lua_isinteger(L_, -1)) {
			writer_.Int64(lua_tointeger(L_, -1));
			return;
		}
		double d = lua_tonumber(L_, -1);
		if (!std::isfinite(d))
			fail("JSON has no %s", std::isnan(d) ? "nan" : "inf");
		writer_.Double(d);
	}

	void bytes()
	{
		size_t size;
		const char *text = lv_check_bytes(L_, -1, &size);
		if (cut_off(text, size) || !writer_.String(text, string_size(size)))
			fail("a string that is not UTF-8%s", "");
	}

	rapidjson::SizeType string_size(size_t size)
	{
		if (size > UINT32_MAX)
			fail("a string of more than 4 GiB%s", "");
		return static_cast<rapidjson::SizeType>(size);
	}

	void container()
	{
		if (++depth_ > kMaxDepth)
			fail("more than 128 tables within each other, or a table within itself%s", "");
		luaL_checkstack(L_, 8, nullptr);
		if (lua_rawlen(L_, -1) > 0 || is_array())
			array();
		else
			object();
		depth_--;
	}

	bool is_array()
	{
		if (!lua_getmetatable(L_, -1))
			return false;
		lua_rawgetp(L_, LUA_REGISTRYINDEX, &lv_key_json_array);
		bool same = lua_rawequal(L_, -1, -2);
		lua_pop(L_, 2);
		return same;
	}

	void array()
	{
		lua_Integer n = static_cast<lua_Integer>(lua_rawlen(L_, -1));
		lua_Integer keys = 0;
		for (lua_pushnil(L_); lua_next(L_, -2); lua_pop(L_, 1)) {
			lua_Integer key = lua_isinteger(L_, -2) ? lua_tointeger(L_, -2) : 0;
			if (key < 1 || key > n)
				fail("a table with the keys 1 to n may have no others%s", "");
			keys++;
		}
		if (keys != n)
			fail("an array may have no holes; json.null can fill them%s", "");
		writer_.StartArray();
		for (lua_Integer i = 1; i <= n; i++) {
			lua_rawgeti(L_, -1, i);
			value();
			lua_pop(L_, 1);
		}
		writer_.EndArray();
	}

	void object()
	{
		size_t n = 0;
		for (lua_pushnil(L_); lua_next(L_, -2); lua_pop(L_, 1)) {
			if (lua_type(L_, -2) != LUA_TSTRING)
				fail("the names of an object are strings, and a key is a %s", luaL_typename(L_, -2));
			n++;
		}
		Name *names = static_cast<Name *>(lua_newuserdatauv(L_, n * sizeof(Name), 0));
		size_t i = 0;
		for (lua_pushnil(L_); lua_next(L_, -3); lua_pop(L_, 1)) {
			names[i].text = lua_tolstring(L_, -2, &names[i].size);
			i++;
		}
		std::sort(names, names + n, comes_before);
		writer_.StartObject();
		for (i = 0; i < n; i++) {
			if (cut_off(names[i].text, names[i].size) || !writer_.Key(names[i].text, string_size(names[i].size)))
				fail("a name that is not UTF-8%s", "");
			lua_pushlstring(L_, names[i].text, names[i].size);
			lua_rawget(L_, -3);
			value();
			lua_pop(L_, 1);
		}
		writer_.EndObject();
		lua_pop(L_, 1);
	}

	void fail(const char *format, const char *what)
	{
		lua_pushliteral(L_, "json.encode: ");
		lua_pushfstring(L_, format, what);
		lua_concat(L_, 2);
		json_fail(L_);
	}

	lua_State *L_;
	Output out_;
	LuaBlock levels_;
	rapidjson::Writer<Output, rapidjson::UTF8<>, rapidjson::UTF8<>, LuaBlock, rapidjson::kWriteValidateEncodingFlag> writer_;
	int depth_ = 0;
};

} // namespace

int lv_json_encode(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_settop(L, 1);
	luaL_checkstack(L, 8, nullptr);
	lua_settop(L, 3); // 2: the text, 3: the writer's levels
	lua_pushvalue(L, 1);
	Encoder encoder(L, 2, 3);
	encoder.value();
	encoder.push_text();
	return 1;
}
