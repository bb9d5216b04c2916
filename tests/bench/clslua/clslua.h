/*
 * Calls of a method of an object class through librados, with a number of them in flight all the time. Whoever completes a call
 * sends the next one, so nothing waits in between.
 */
#ifndef CLSLUA_H
#define CLSLUA_H

#include <rados/librados.h>
#include <stddef.h>

struct load {
	rados_ioctx_t io;
	const char *cls, *method;
	const char *input; /* of each call */
	size_t input_len;
	const char *prefix; /* of the objects' names, which end in a number */
	int objects;        /* random ones of so many */
	int in_flight;
	int calls;
	const char *want; /* output of each call; NULL when it does not matter */
};

/* cl_run makes the calls and returns 0, or the first error: a negative errno, -EBADMSG for a wrong output. */
int cl_run(struct load *l);

/*
 * cl_exec calls a method of class lua once and returns what it returned, or a negative errno. *output, which the caller gives back
 * with rados_buffer_free, is NULL when there is none.
 */
int cl_exec(rados_ioctx_t io, const char *oid, const char *method, const char *input, size_t input_len, char **output, size_t *output_len);

#endif
