/*
 * luavm's C core: Lua virtual machines for untrusted scripts, each in an arena of panicguard.
 *
 * A slot is one VM. lv_load builds it from source, lv_seal makes what was built the image, and each lv_run starts from
 * that image. The core reaches its host only through struct lv_host, so that the same core can serve a
 * daemon in Go or a RADOS object class in C++.
 */
#ifndef LUAVM_LV_H
#define LUAVM_LV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "panicguard.h"

/* ---- host ---------------------------------------------------------------------------------------------------- */

/*
 * Where a host function puts bytes. It sets size to how many there are, and copies them to data if they fit into
 * capacity. If they do not, it keeps them, and take() fetches them: a small answer costs one call, a large one two.
 */
typedef struct lv_answer {
	void *data;
	size_t capacity;
	size_t size;
} lv_answer;

typedef enum lv_algorithm { LV_CRC32C, LV_XXH64, LV_SHA256 } lv_algorithm;

#define LV_HASH_STATE 128

/* A hash of bytes that come in parts. */
typedef struct lv_hash {
	lv_algorithm algorithm;
	uint64_t number;       /* the hash so far, or before any bytes the seed; of CRC-32C and XXH64 */
	unsigned char sum[32]; /* the hash so far, of SHA-256 */
	/* The host's own. */
	bool begun;
	size_t state_size;
	unsigned char state[LV_HASH_STATE];
} lv_hash;

/*
 * What host functions return: 0, -errno, or one of these: the host itself has failed; it gave up
 * because the call's time is over, or because the call was canceled. The last three are traps.
 */
#define LV_HOST_FAILED INT32_MIN
#define LV_HOST_OVERDUE (INT32_MIN + 1)
#define LV_HOST_CANCELED (INT32_MIN + 2)

/*
 * The object that a method runs beside. Semantics are those of the cls_cxx_* functions in Ceph's objclass.h, but offsets
 * have 64 bits and names are binary-safe. Byte arguments are valid only during the call. No function may leave by longjmp,
 * unwind, or keep a pointer into the arena.
 *
 * Lists are answered as records: for each xattr or pair a 32-bit size and the name or key, then, but for keys alone, a
 * 32-bit size and the value; sizes in the machine's byte order.
 */
typedef struct lv_host {
	int (*create)(uintptr_t ctx, int exclusive);
	int (*remove)(uintptr_t ctx);
	int (*stat)(uintptr_t ctx, int64_t *size, int64_t *mtime_s);
	int (*read)(uintptr_t ctx, int64_t off, int64_t len, lv_answer *answer);
	int (*write)(uintptr_t ctx, int64_t off, const void *data, size_t size);
	int (*write_full)(uintptr_t ctx, const void *data, size_t size);
	int (*append)(uintptr_t ctx, const void *data, size_t size);
	int (*truncate)(uintptr_t ctx, int64_t size);
	int (*zero)(uintptr_t ctx, int64_t off, int64_t len);
	int (*getxattr)(uintptr_t ctx, const void *name, size_t name_size, lv_answer *answer);
	int (*getxattrs)(uintptr_t ctx, lv_answer *answer);
	int (*setxattr)(uintptr_t ctx, const void *name, size_t name_size, const void *data, size_t size);
	int (*rmxattr)(uintptr_t ctx, const void *name, size_t name_size);
	int (*map_clear)(uintptr_t ctx);
	/*
	 * Listings are in byte order, and tell whether there are more. These two answer all that was asked for, or fail; an
	 * empty after is no bound.
	 */
	int (*map_get_keys)(uintptr_t ctx, const void *after, size_t after_size, const void *prefix, size_t prefix_size,
			    int64_t max, int *more, lv_answer *answer);
	int (*map_get_vals)(uintptr_t ctx, const void *after, size_t after_size, const void *prefix, size_t prefix_size,
			    int64_t max, int *more, lv_answer *answer);
	/* Pairs of keys >= from: up to max, fewer when they have more than about size bytes, but one at least. */
	int (*map_get_page)(uintptr_t ctx, const void *from, size_t from_size, const void *prefix, size_t prefix_size,
			    int64_t max, int64_t size, int *more, lv_answer *answer);
	/* Of the keys in records, the pairs that there are. */
	int (*map_get_vals_by_keys)(uintptr_t ctx, const void *records, size_t size, lv_answer *answer);
	int (*map_get_val)(uintptr_t ctx, const void *key, size_t key_size, lv_answer *answer);
	int (*map_set_vals)(uintptr_t ctx, const void *records, size_t size);
	int (*map_remove_key)(uintptr_t ctx, const void *key, size_t key_size);
	/* Removes the keys k with first <= k < end; without an end, which is NULL then, those with first <= k. */
	int (*map_remove_range)(uintptr_t ctx, const void *first, size_t first_size, const void *end, size_t end_size);
	int (*map_read_header)(uintptr_t ctx, lv_answer *answer);
	int (*map_write_header)(uintptr_t ctx, const void *data, size_t size);
	int (*current_version)(uintptr_t ctx, uint64_t *version);
	/* What the object is called, and who calls: for each thing that is known its name and value, as pairs. */
	int (*object)(uintptr_t ctx, lv_answer *answer);
	int (*caller)(uintptr_t ctx, lv_answer *answer);
	/* The next bytes of the run's random stream. */
	int (*random)(uintptr_t ctx, void *data, size_t size);
	/* Adds bytes to a hash. The seed of CRC-32C is the hash of what came before. There may be no object. */
	int (*hash)(uintptr_t ctx, lv_hash *hash, const void *data, size_t size);
	int (*log)(uintptr_t ctx, int level, const void *text, size_t size);
	/*
	 * While a class is loaded: the number of the module, from 1, that a chunk means by a name: the class's own chunk, which
	 * has number 0, or that of a module.
	 */
	int (*require)(uintptr_t ctx, int chunk, const void *name, size_t name_size, int *module);
	/* While a class is loaded: its manifest as a value, and where it was given, "chunk:line: ". */
	int (*manifest)(uintptr_t ctx, const void *where, size_t where_size, const void *value, size_t size);

	/* Copies to data the bytes that the last answer had no room for. */
	int (*take)(uintptr_t ctx, void *data, size_t size);
	/* Answers the text of the error that the last function returned. */
	int (*error)(uintptr_t ctx, lv_answer *answer);
} lv_host;

/*
 * A value of Lua, as host functions get it: a byte for its type, and then what is said here. Sizes and numbers are in the
 * machine's byte order. A key is no table.
 */
enum {
	LV_VALUE_STRING = 's',  /* 32-bit size, bytes */
	LV_VALUE_INTEGER = 'i', /* 64 bits */
	LV_VALUE_FLOAT = 'f',   /* 64 bits */
	LV_VALUE_TRUE = '1',
	LV_VALUE_FALSE = '0',
	LV_VALUE_TABLE = '{', /* keys and values in turn, in no order, up to an end */
	LV_VALUE_END = '}',
	LV_VALUE_OTHER = 'o' /* of another type: 32-bit size, the type's name */
};

/* ---- slots --------------------------------------------------------------------------------------------------- */

typedef struct lv_slot lv_slot;

/* How a load or run ended. */
typedef enum lv_outcome {
	LV_OK = 0,
	LV_OP_ERROR,     /* an object operation failed and the script did not catch it; error_number says how */
	LV_SCRIPT_ERROR, /* any other error of the script */
	LV_NO_METHOD,    /* no function of the method's name */
	LV_TRAP          /* the guard ended it; trap says how */
} lv_outcome;

/* Sizes of the texts of a report; longer ones are cut. */
#define LV_MESSAGE 1024
#define LV_TRACEBACK 4096
#define LV_WHERE 96

/* Output of up to this size is copied out by lv_run itself. */
#define LV_SMALL_OUTPUT 1024

/* What came of the slot's last load or run. */
typedef struct lv_report {
	lv_outcome outcome;
	pg_trap trap;
	int error_number; /* positive errno of LV_OP_ERROR */
	int64_t ret;      /* what the method returned */
	/* The method's output. Valid until the slot's next lv_run, lv_restore or lv_free. */
	const void *output;
	size_t output_size;
	bool value; /* of lv_load: the class's chunk returned something */
	bool unrestored; /* output lies in the arena: copy it, then call lv_restore */
	size_t peak;     /* bytes */
	int64_t wall_ns;
	int64_t cpu_ns;
	int fault_signal;
	size_t message_size;
	char message[LV_MESSAGE];
	size_t traceback_size;
	char traceback[LV_TRACEBACK];
	char where[LV_WHERE]; /* "chunk:line" where a trap struck, or empty */
	bool began;           /* whether anything of it ran */
} lv_report;

/* Makes a slot with an arena of that many bytes. Returns NULL with errno set. The caller owns it: lv_free. */
lv_slot *lv_new(size_t arena_size, const lv_host *host, uintptr_t ctx);
void lv_free(lv_slot *slot);

/* What a class may require: a chunk's name as Lua takes it, "=counter.lua", and its source. */
typedef struct lv_module {
	const char *name;
	const char *source;
	size_t size;
} lv_module;

/* Says which modules the next lv_load may load, by their numbers from 1. The caller keeps them until it returns. */
void lv_set_modules(lv_slot *slot, const lv_module *modules, int count);

/*
 * Builds the VM and compiles source, whose name appears in error messages. A class's chunk is run; a script's is kept, to
 * be run in each call. On success the top of lv_state's stack is a table of a class's methods: for each its name, its
 * flags and its function. After a failure the slot can only be freed. The budget fields and the id of call count.
 */
const lv_report *lv_load(lv_slot *slot, pg_call *call, const char *name, const char *source, size_t size, bool script);
lua_State *lv_state(lv_slot *slot);

/* Collects garbage and takes the image. Follows lv_load. */
const lv_report *lv_seal(lv_slot *slot, pg_call *call);

#define LV_RD 1
#define LV_WR 2

/* One run. */
typedef struct lv_method {
	int number; /* of a class's method: its place among those that lv_load left, from 0 */
	const char *name; /* of a script's handler; empty: run the chunk only */
	size_t name_size;
	const void *input;
	size_t input_size;
	size_t output_max; /* more output is EMSGSIZE */
	size_t memory_max; /* bytes that the VM may have, its image included; 0 is all of the arena */
	int flags;         /* what the caller allows: LV_RD, LV_WR */
	int64_t now_ns;    /* when the run began, since 1970 */
} lv_method;

/*
 * Runs a method from the image. After LV_TRAP with PG_FAULT or PG_HOST the slot can only be freed.
 */
const lv_report *lv_run(lv_slot *slot, pg_call *call, const lv_method *method);
void lv_restore(lv_slot *slot);

size_t lv_image_size(const lv_slot *slot);
size_t lv_idle_size(const lv_slot *slot); /* the most bytes of memory that the slot holds between two runs */
bool lv_is_pristine(const lv_slot *slot);

/*
 * Compiles a source, and puts into code what lua_dump makes of it; it runs nothing, and takes no slot. Returns false if the source does
 * not compile. The caller frees code in any case.
 */
bool lv_compile(const char *source, size_t size, char **code, size_t *code_size);

#endif
