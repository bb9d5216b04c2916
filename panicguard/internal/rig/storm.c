/* Storms, and those who make them. */
#define _GNU_SOURCE
#include "storm.h"

#include "moments.h"
#include "thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The smallest arena that pg_arena_new makes, so that comparing it with its image is quick. */
#define ARENA (16 * 1024)
#define STORMS 16

/* Where a model of signals (coretest/model.h) delivers them. The kernel needs none. */
#ifndef RIG_SAFE_POINT
#define RIG_SAFE_POINT() ((void)0)
#endif

/*
 * Most runs end by themselves after a few rounds. One in so many goes on until it is asked to stop, or, whatever it is asked,
 * until the second stage ends it, which takes PG_STAGE2_NS.
 */
#define ONE_HEEDING 100
#define ONE_DEAF 5000

typedef enum manner { ROUNDS, HEEDING, DEAF } manner;

/* A run that was asked for. Who cancels it holds the lock, so that the call stays what it is meanwhile. */
typedef struct run {
	pg_call call;
	pthread_mutex_t lock;
	bool live;
	manner manner;
	unsigned rounds;
	int64_t began; /* not later than pg_run's own look at the clock */
	struct run *outer;
	rig_storm *storm;
	volatile sig_atomic_t asked;
	volatile bool returned;
} run;

/* What the VM is: a list of blocks, in the arena. */
typedef struct block {
	struct block *next;
	size_t size;
	uint64_t value;
} block;

typedef struct root {
	block *first;
	uint64_t sum;
} root;

struct rig_storm {
	pg_arena *arena;
	root *root;
	uint64_t random;
	pthread_t thread; /* that runs it, while has_thread; who uses it holds storms_lock */
	bool has_thread;
	run outer, inner;
	rig_tally tally;
};

static pthread_mutex_t storms_lock = PTHREAD_MUTEX_INITIALIZER;
static rig_storm *storms[STORMS];
static unsigned storm_count;
static _Atomic uint64_t ids = 1ull << 61;
static _Thread_local volatile long sink;

static uint64_t draw(uint64_t *state, uint64_t below)
{
	uint64_t x = *state;
	x ^= x << 13, x ^= x >> 7, x ^= x << 17;
	*state = x;
	return x % below;
}

static void spin(uint64_t n)
{
	while (n-- > 0)
		sink++;
	RIG_SAFE_POINT();
}

/* ---- bodies ---- */

static void forget_all(rig_storm *s)
{
	while (s->root->first) {
		block *b = s->root->first;
		s->root->first = b->next;
		pg_arena_realloc(s->arena, b, b->size, 0);
	}
	s->root->sum = 0;
}

static void change_arena(rig_storm *s)
{
	size_t size = sizeof(block) + draw(&s->random, 512);
	block *b = pg_arena_realloc(s->arena, NULL, 0, size);
	if (!b) {
		forget_all(s);
		return;
	}
	*b = (block){.next = s->root->first, .size = size, .value = draw(&s->random, 1000)};
	s->root->first = b;
	s->root->sum += b->value;
}

static bool sum_is_right(const rig_storm *s)
{
	uint64_t sum = 0;
	for (const block *b = s->root->first; b; b = b->next)
		sum += b->value;
	return sum == s->root->sum;
}

static void host_code(rig_storm *s)
{
	int unlikely = 1 + (int)draw(&s->random, 100);
	errno = unlikely;
	spin(draw(&s->random, 2000));
	if (errno != unlikely)
		s->tally.wrong[RIG_WRONG_ERRNO]++;
	if (pg_self.in_vm)
		s->tally.wrong[RIG_WRONG_HOST]++;
}

static void start(run *r, run *outer);

static void call_host(run *r)
{
	rig_storm *s = r->storm;
	rig_moment vm = (rig_moment)rig_now;
	pg_host_enter();
	if (!r->outer)
		rig_now = RIG_HOST;
	host_code(s);
	if (!r->outer && draw(&s->random, 4) == 0)
		start(&s->inner, r);
	pg_host_leave();
	rig_now = vm;
}

static void body(void *arg)
{
	run *r = arg;
	rig_storm *s = r->storm;
	if (!r->outer)
		rig_now = RIG_VM;
	for (unsigned i = 0; r->manner != ROUNDS || i < r->rounds; i++) {
		int unlikely = 1 + (int)draw(&s->random, 100);
		errno = unlikely;
		RIG_SAFE_POINT();
		/* A nested run has its outer one's arena, which waits, and does not change it. */
		if (!r->outer)
			change_arena(s);
		else
			spin(draw(&s->random, 300));
		if (errno != unlikely)
			s->tally.wrong[RIG_WRONG_ERRNO]++;
		if (draw(&s->random, 8) == 0)
			call_host(r);
		if (r->asked && r->manner != DEAF)
			pg_trap_now(pg_pending());
	}
	if (!r->outer && !sum_is_right(s))
		s->tally.wrong[RIG_WRONG_ANSWER]++;
	r->returned = true;
	if (!r->outer)
		rig_now = RIG_EXIT;
}

/* ---- runs ---- */

static void interrupt(void *vm)
{
	run *r = vm;
	r->asked = 1;
	errno = -1;
}

static int64_t some_budget(uint64_t *random, manner manner)
{
	switch (draw(random, 16)) {
	case 0:
		return 1; /* passed when it begins */
	case 1:
	case 2:
		return 1 + (int64_t)draw(random, 300000);
	case 3:
		return 0; /* whoever does not end by itself is canceled */
	default:
		return manner == ROUNDS ? 0 : 1 + (int64_t)draw(random, 100000);
	}
}

static void check_thread(rig_storm *s, const sigset_t *mask, const pg_activation *top)
{
	sigset_t after;
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	for (int i = 1; i < NSIG; i++)
		if (sigismember(mask, i) != sigismember(&after, i)) {
			s->tally.wrong[RIG_WRONG_MASK]++;
			break;
		}
	if (pg_self.in_vm || pg_self.top != top || pg_self.interrupted)
		s->tally.wrong[RIG_WRONG_RECORD]++;
	if (!top && (atomic_load(&pg_self.mail) != 0 || (atomic_load(&pg_self.state) & 3) != PG_IDLE))
		s->tally.wrong[RIG_WRONG_RECORD]++;
}

/* Whether the budget of r, or of what it is nested in, has passed. */
static bool is_overdue(const run *r)
{
	if (r->call.wall_ns > 0 && r->call.wall_used >= r->call.wall_ns)
		return true;
	const run *outer = r->outer;
	return outer && outer->call.wall_ns > 0 && pg_clock(CLOCK_MONOTONIC) - outer->began >= outer->call.wall_ns;
}

static void check_trap(const run *r)
{
	rig_tally *tally = &r->storm->tally;
	switch (r->call.trap) {
	case PG_NONE:
		if (!r->returned)
			tally->wrong[RIG_WRONG_TRAP]++;
		break;
	case PG_DEADLINE:
		if (!is_overdue(r))
			tally->wrong[RIG_WRONG_TIME]++;
		break;
	case PG_CANCELED:
		if (!atomic_load(&r->call.canceled))
			tally->wrong[RIG_WRONG_TRAP]++;
		break;
	default:
		tally->wrong[RIG_WRONG_TRAP]++;
	}
}

static void set_live(run *r, bool live)
{
	pthread_mutex_lock(&r->lock);
	r->live = live;
	pthread_mutex_unlock(&r->lock);
}

/* Runs r, nested in outer unless that is NULL, and checks what came of it. */
static void start(run *r, run *outer)
{
	rig_storm *s = r->storm;
	sigset_t mask;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	const pg_activation *top = pg_self.top;
	rig_moment before = (rig_moment)rig_now;

	r->outer = outer;
	r->asked = 0;
	r->returned = false;
	r->rounds = (unsigned)draw(&s->random, 20);
	r->manner = draw(&s->random, ONE_DEAF) == 0 ? DEAF : draw(&s->random, ONE_HEEDING) == 0 ? HEEDING : ROUNDS;
	r->call = (pg_call){.id = atomic_fetch_add(&ids, 1), .wall_ns = some_budget(&s->random, r->manner), .interrupt = interrupt, .vm = r};
	r->began = pg_clock(CLOCK_MONOTONIC);
	set_live(r, true);

	rig_now = outer ? RIG_NESTED : RIG_ENTRY;
	pg_run(&r->call, body, r);
	rig_now = before;

	set_live(r, false);
	check_trap(r);
	check_thread(s, &mask, top);
	(outer ? s->tally.nested : s->tally.ended)[r->call.trap]++;
}

static void set_thread(rig_storm *s, bool has_thread)
{
	pthread_mutex_lock(&storms_lock);
	s->thread = pthread_self();
	s->has_thread = has_thread;
	pthread_mutex_unlock(&storms_lock);
}

void rig_storm_run(rig_storm *s, int n)
{
	set_thread(s, true);
	for (int i = 0; i < n; i++) {
		start(&s->outer, NULL);
		rig_now = RIG_RESTORE;
		pg_arena_restore(s->arena);
		rig_now = RIG_OUTSIDE;
		if (!pg_arena_is_pristine(s->arena))
			s->tally.wrong[RIG_WRONG_ARENA]++;
	}
	set_thread(s, false);
}

/* ---- making them ---- */

rig_storm *rig_storm_new(uint64_t seed)
{
	rig_storm *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->random = seed | 1ull << 63;
	s->arena = pg_arena_new(ARENA);
	if (!s->arena || !(s->root = pg_arena_realloc(s->arena, NULL, 0, sizeof *s->root)) || pg_arena_seal(s->arena) != 0) {
		pg_arena_free(s->arena);
		free(s);
		return NULL;
	}
	s->outer.storm = s->inner.storm = s;
	pthread_mutex_init(&s->outer.lock, NULL);
	pthread_mutex_init(&s->inner.lock, NULL);
	pthread_mutex_lock(&storms_lock);
	if (storm_count < STORMS)
		storms[storm_count++] = s;
	pthread_mutex_unlock(&storms_lock);
	return s;
}

rig_tally rig_storm_tally(const rig_storm *s)
{
	return s->tally;
}

void rig_storm_free(rig_storm *s)
{
	pthread_mutex_lock(&storms_lock);
	for (unsigned i = 0; i < storm_count; i++)
		if (storms[i] == s) {
			storms[i] = storms[--storm_count];
			break;
		}
	pthread_mutex_unlock(&storms_lock);
	pg_arena_free(s->arena);
	free(s);
}

/* ---- those who pester them ---- */

static void cancel(run *r)
{
	pthread_mutex_lock(&r->lock);
	if (r->live)
		pg_cancel(&r->call);
	pthread_mutex_unlock(&r->lock);
}

static void pester(rig_storm *s, uint64_t what)
{
	if (!s->has_thread)
		return;
	switch (what) {
	case 0:
	case 1:
		cancel(&s->outer);
		break;
	case 2:
	case 3:
		cancel(&s->inner);
		break;
	case 4:
	case 5:
	case 6:
		pthread_kill(s->thread, SIGSTKFLT);
		break;
	case 7:
		pthread_kill(s->thread, SIGURG); /* Go's own, by which it preempts goroutines */
		break;
	}
}

void rig_pester(uint64_t seed, int n)
{
	uint64_t random = seed | 1ull << 63;
	for (int i = 0; i < n; i++) {
		pthread_mutex_lock(&storms_lock);
		if (storm_count > 0)
			pester(storms[draw(&random, storm_count)], draw(&random, 8));
		pthread_mutex_unlock(&storms_lock);
		spin(draw(&random, 3000));
	}
}
