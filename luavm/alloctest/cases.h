/* The Lua programs of alloctest. */
#ifndef LUAVM_ALLOCTEST_CASES_H
#define LUAVM_ALLOCTEST_CASES_H

#include "../lv.h"

typedef struct program {
	const char *name;
	const char *source;  /* of a script */
	const char *handler; /* or empty */
	lv_outcome outcome;
} program;

/* In front of each program. try() is pcall, but passes on that memory is exhausted. */
extern const char prelude[];

extern const program calls[];
extern const int call_count;

/* Programs that give the collector work, and need no buffer that is too large for the C stack. */
extern const program collections[];
extern const int collection_count;

extern const char class_source[];
extern const char *const module_sources[2]; /* which it requires as "1" and "2" */

#endif
