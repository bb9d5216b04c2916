/* What the C++ files of luavm share with the C files: bytes and errors of scripts. */
#ifndef LUAVM_BYTES_H
#define LUAVM_BYTES_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* bufferlist.c */
/* Whether the value at index is a bufferlist or a string. */
bool lv_has_bytes(lua_State *L, int index);
/* The bytes of a bufferlist or a string. Raises an argument error for any other value. */
const char *lv_check_bytes(lua_State *L, int index, size_t *size);
/* The bytes of the bufferlist at index, which is one. */
const char *lv_to_bufferlist(lua_State *L, int index, size_t *size);

/* operror.c: the error value of a failed operation. */
/* Raises an operation's error, with the text on top of the stack. */
int lv_raise(lua_State *L, int error_number);

/* json.c */
extern const char lv_key_json_array; /* of the registry: the metatable of tables that are arrays */

/* json_decode.cc, json_encode.cc: functions of the library json. */
int lv_json_decode(lua_State *L);
int lv_json_encode(lua_State *L);

#endif
