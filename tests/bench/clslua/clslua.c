/* The load on an object class. See clslua.h. */

#include "clslua.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT = 4096 };

struct run {
	struct load *l;
	pthread_mutex_t mu;
	pthread_cond_t ended;
	int left;   /* calls not begun yet */
	int flying; /* slots that are in flight */
	int error;
};

struct slot {
	struct run *run;
	unsigned seed;
	rados_completion_t completion;
	char output[OUTPUT];
};

static void completed(rados_completion_t c, void *arg);

/* begin sends a slot's next call. */
static int begin(struct slot *s)
{
	struct load *l = s->run->l;
	char name[64];
	snprintf(name, sizeof name, "%s%d", l->prefix, rand_r(&s->seed) % l->objects);
	int r = rados_aio_create_completion2(s, completed, &s->completion);
	if (r < 0)
		return r;
	return rados_aio_exec(l->io, name, s->completion, l->cls, l->method, l->input, l->input_len, s->output, OUTPUT);
}

/* leave takes a slot out of the run, with an error or 0. */
static void leave(struct run *run, int error)
{
	pthread_mutex_lock(&run->mu);
	if (!run->error)
		run->error = error;
	run->flying--;
	pthread_cond_signal(&run->ended);
	pthread_mutex_unlock(&run->mu);
}

/* next begins a call, or leaves when there are no more. */
static void next(struct slot *s)
{
	struct run *run = s->run;
	pthread_mutex_lock(&run->mu);
	const int more = !run->error && run->left > 0;
	if (more)
		run->left--;
	pthread_mutex_unlock(&run->mu);
	int r = more ? begin(s) : 0;
	if (!more || r < 0)
		leave(run, r);
}

static void completed(rados_completion_t c, void *arg)
{
	struct slot *s = arg;
	const char *want = s->run->l->want;
	int r = rados_aio_get_return_value(c);
	rados_aio_release(c);
	if (r >= 0 && want && ((size_t)r != strlen(want) || memcmp(s->output, want, r) != 0))
		r = -EBADMSG;
	if (r < 0)
		leave(s->run, r);
	else
		next(s);
}

int cl_run(struct load *l)
{
	struct run run = {.l = l, .left = l->calls, .flying = l->in_flight};
	struct slot *slots = calloc(l->in_flight, sizeof *slots);
	if (!slots)
		return -ENOMEM;
	pthread_mutex_init(&run.mu, NULL);
	pthread_cond_init(&run.ended, NULL);
	for (int i = 0; i < l->in_flight; i++) {
		slots[i].run = &run;
		slots[i].seed = i + 1;
		next(&slots[i]);
	}
	pthread_mutex_lock(&run.mu);
	while (run.flying > 0)
		pthread_cond_wait(&run.ended, &run.mu);
	pthread_mutex_unlock(&run.mu);
	pthread_cond_destroy(&run.ended);
	pthread_mutex_destroy(&run.mu);
	free(slots);
	return run.error;
}
