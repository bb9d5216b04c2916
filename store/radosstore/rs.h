/*
 * Operations on objects of a RADOS cluster, as package radosstore needs them. This is the whole surface between Go and
 * librados's C++ API. The C API, which go-ceph wraps, takes names that end at a NUL, has no omap header, and tells modification
 * times in seconds.
 *
 * An rs_op is one compound operation on one object: made, filled with steps, submitted once, and freed once. All bytes
 * given to a step are copied. Steps are made in the order in which they were added, atomically; omap pairs that are set or
 * removed are gathered, and follow all other steps. The functions return 0 or a negative errno where they return
 * anything. Names of xattrs end at their first NUL, as they do for librados. No C++ exception leaves them.
 *
 * After rs_submit returned 0, the op belongs to librados until it called rs_done(token), once, from a thread of its own.
 * From then on the results may be read, and the op may be freed.
 */
#ifndef RADOSSTORE_RS_H
#define RADOSSTORE_RS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rs_op rs_op;

/* rs_done is implemented in Go. */
void rs_done(uintptr_t token);

/* rs_bytes are bytes that the caller owns. */
typedef struct {
	const char *p;
	size_t n;
} rs_bytes;

rs_op *rs_read_new(void);  /* NULL when there is no memory */
rs_op *rs_write_new(void); /* NULL when there is no memory */
void rs_free(rs_op *op);

/*
 * rs_pool is an open pool; it serves any number of operations at once, and may be closed before they end. rs_pool_id finds a pool's
 * id by its name in the newest map that came, without asking the cluster: -ENOENT when it is not there. rs_pool_open fails with
 * -ENOENT when that map has no pool of the id. Both are given a rados_t.
 */
typedef struct rs_pool rs_pool;

int64_t rs_pool_id(void *cluster, rs_bytes name);
int rs_pool_open(rs_pool **pool, void *cluster, int64_t id);
void rs_pool_close(rs_pool *pool);

/* rs_submit sends the operation to the object. It does not block. A write of more than 65535 steps is -E2BIG. */
int rs_submit(rs_op *op, const rs_pool *pool, rs_bytes ns, rs_bytes oid, uintptr_t token);

/* Steps of reads and writes. */
int rs_assert_version(rs_op *op, uint64_t version);

/* Steps of reads. */
int rs_read_stat(rs_op *op);
int rs_read_data(rs_op *op, uint64_t off, size_t len);
int rs_read_xattrs(rs_op *op);
int rs_read_header(rs_op *op);
int rs_read_omap(rs_op *op, rs_bytes after, uint64_t max); /* keys > after */
int rs_read_omap_value(rs_op *op, rs_bytes key);

/* Steps of writes. */
int rs_mtime(rs_op *op, int64_t sec, long nsec); /* that the object gets; at any place among the steps */
int rs_create(rs_op *op, bool exclusive);
int rs_remove(rs_op *op);
int rs_write_full(rs_op *op, rs_bytes data);
int rs_write(rs_op *op, uint64_t off, rs_bytes data);
int rs_zero(rs_op *op, uint64_t off, uint64_t len);
int rs_truncate(rs_op *op, uint64_t size);
int rs_setxattr(rs_op *op, rs_bytes name, rs_bytes value);
int rs_rmxattr(rs_op *op, rs_bytes name);
int rs_omap_clear(rs_op *op);
int rs_omap_header(rs_op *op, rs_bytes header);
int rs_omap_set(rs_op *op, rs_bytes key, rs_bytes value);
int rs_omap_remove(rs_op *op, rs_bytes key);
int rs_omap_remove_range(rs_op *op, rs_bytes first, rs_bytes end); /* first <= key < end; not empty: some OSDs fail then */

/* Results. */
typedef struct {
	int ret;          /* of the operation: 0 or a negative errno */
	uint64_t version; /* that the object has, or that the change gave it */
	uint64_t size;
	int64_t mtime_sec;
	long mtime_nsec;
	bool more;       /* omap keys */
	size_t data;     /* bytes that rs_copy_… gives */
	size_t header;
	size_t xattrs;
	size_t omap;     /* of rs_read_omap and rs_read_omap_value together, in order of keys */
} rs_result;

void rs_results(const rs_op *op, rs_result *r);
void rs_copy_data(const rs_op *op, char *to);
void rs_copy_header(const rs_op *op, char *to);
/* Pairs are copied as: length of key, length of value (32 bits each, native order), key, value. */
void rs_copy_xattrs(const rs_op *op, char *to);
void rs_copy_omap(const rs_op *op, char *to);

/*
 * rs_pool_usage asks the cluster what a pool of that name has: objects, and bytes of their data. It blocks, up to the timeout, and
 * fails with -ENOENT when the cluster knows of no such pool.
 */
int rs_pool_usage(void *cluster, rs_bytes name, uint64_t *objects, uint64_t *bytes);

/*
 * rs_list is a walk over the names of a pool's objects in one namespace, or in all of them, in the order of their hashes. rs_list_next
 * blocks while it fetches about 1000 names; at the end there are none.
 */
typedef struct rs_list rs_list;

int rs_list_new(rs_list **list, const rs_pool *pool, rs_bytes ns);
int rs_list_new_all(rs_list **list, const rs_pool *pool);
void rs_list_free(rs_list *list);
int rs_list_next(rs_list *list, bool *end);
size_t rs_list_size(const rs_list *list); /* bytes that rs_list_copy gives */
/* Names are copied as: length of namespace, length of oid (32 bits each, native order), namespace, oid. */
void rs_list_copy(const rs_list *list, char *to);

/*
 * rs_watch is a watch on an object that exists. From the beginning of rs_watch_new to the end of rs_watch_free librados's threads
 * call rs_seen with each message, which counts as seen when that returned, and rs_lost with an errno when the watch has ended or has
 * missed a message. Both are implemented in Go, and must not call these functions.
 *
 * All but rs_watch_age block. rs_watch_new and rs_notify go by the operations' timeout as a rule, but wait for an OSD that fails
 * meanwhile for as long as it takes.
 */
typedef struct rs_watch rs_watch;

void rs_seen(uintptr_t token, rs_bytes message);
void rs_lost(uintptr_t token, int err);

/* The cluster forgets a watch of which it has heard nothing for timeout seconds. */
int rs_watch_new(rs_watch **watch, const rs_pool *pool, rs_bytes ns, rs_bytes oid, uint32_t timeout, uintptr_t token);
void rs_watch_free(rs_watch *watch);
/* Milliseconds for which the watch has not been confirmed, or a message has been waiting for rs_seen; or a negative errno. */
int rs_watch_age(rs_watch *watch);

/*
 * rs_notify returns when all watches have seen the message or were forgotten by the cluster; -ETIMEDOUT when one did not within timeout
 * seconds, or the cluster does not answer; -ENOENT when there is no object.
 */
int rs_notify(const rs_pool *pool, rs_bytes ns, rs_bytes oid, rs_bytes message, uint32_t timeout);

#ifdef __cplusplus
}
#endif
#endif
