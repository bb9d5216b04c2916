/* What the C tests count and print: each check that does not hold. */
#ifndef PG_CHECK_H
#define PG_CHECK_H

#include <stdio.h>

static int failures;

#define CHECK(condition, ...)                                           \
	do {                                                            \
		if (!(condition)) {                                     \
			fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
			fprintf(stderr, __VA_ARGS__);                   \
			fprintf(stderr, " (%s)\n", #condition);         \
			failures++;                                     \
		}                                                       \
	} while (0)

#endif
