/*
 * The host of the C core's own tests: one object in memory that answers every operation, and takes every write for done. How
 * large an answer is, the operation's arguments say. Copy the table to give it other functions.
 */
#ifndef LUAVM_COREHOST_H
#define LUAVM_COREHOST_H

#include "../lv.h"

/*
 * read(off, len) answers len bytes of the text, or COREHOST_LARGE if len is 0; negative offsets are EFBIG. Xattrs and omap
 * values exist under two names: "small", 10 bytes, and "large", COREHOST_LARGE bytes; any other is ENODATA. The listings have
 * as many records as were asked for, with names from k0001 on and small values; there are 3 xattrs, of 1000 bytes each.
 * The oid is "the object", the client is COREHOST_LARGE bytes of the text, and random bytes are all 'r'.
 * A hash is the number of bytes, or 32 times ab.
 */
extern const lv_host corehost;

#define COREHOST_LARGE 100000
#define COREHOST_PAIRS 150

/* The object's text at an offset. */
char corehost_byte(size_t offset);

#endif
