/*
 * The libraries that no script has. liblua's list of all libraries, to which golua links, names them; with these definitions
 * the linker leaves theirs out, so that neither system() nor dlopen() is in the program for a script to find.
 */
#include "slot.h"

static int absent(lua_State *L)
{
	return luaL_error(L, "this library is not part of the program");
}

int luaopen_io(lua_State *L) { return absent(L); }
int luaopen_os(lua_State *L) { return absent(L); }
int luaopen_debug(lua_State *L) { return absent(L); }
int luaopen_package(lua_State *L) { return absent(L); }
