/* The host of the C core's own tests. */
#define _GNU_SOURCE
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SMALL 10
#define XATTRS 3
#define XATTR_SIZE 1000
#define MAX_RECORDS 4000

/* The last answer that the caller had no room for. */
static char kept[256 * 1024];

char corehost_byte(size_t offset)
{
	return (char)('0' + offset % 10);
}

static size_t put_text(char *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = corehost_byte(i);
	return size;
}

/* Answers the first size bytes of kept. */
static int answer_kept(lv_answer *answer, size_t size)
{
	answer->size = size;
	if (size <= answer->capacity)
		memcpy(answer->data, kept, size);
	return 0;
}

static int answer_text(lv_answer *answer, size_t size)
{
	return answer_kept(answer, put_text(kept, size));
}

static int answer_named(lv_answer *answer, const char *name, size_t size)
{
	if (size != 5)
		return -ENODATA;
	if (memcmp(name, "small", 5) == 0)
		return answer_text(answer, SMALL);
	return memcmp(name, "large", 5) == 0 ? answer_text(answer, COREHOST_LARGE) : -ENODATA;
}

static size_t put_field(size_t at, const char *data, size_t size)
{
	uint32_t n = (uint32_t)size;
	memcpy(kept + at, &n, sizeof n);
	memcpy(kept + at + sizeof n, data, size);
	return at + sizeof n + size;
}

/* Records first to last. With value_size 0 they are keys alone. */
static int answer_records(lv_answer *answer, int64_t first, int64_t last, size_t value_size)
{
	char value[XATTR_SIZE], key[16];
	size_t at = 0;
	put_text(value, value_size);
	for (int64_t i = first; i <= last && i <= MAX_RECORDS; i++) {
		int key_size = snprintf(key, sizeof key, "k%04d", (int)i);
		at = put_field(at, key, (size_t)key_size);
		if (value_size > 0)
			at = put_field(at, value, value_size);
	}
	return answer_kept(answer, at);
}

static int done(uintptr_t ctx)
{
	(void)ctx;
	return 0;
}

static int create(uintptr_t ctx, int exclusive)
{
	(void)ctx;
	return exclusive ? -EEXIST : 0;
}

static int stat(uintptr_t ctx, int64_t *size, int64_t *mtime)
{
	(void)ctx;
	*size = COREHOST_LARGE;
	*mtime = 1;
	return 0;
}

static int read(uintptr_t ctx, int64_t off, int64_t len, lv_answer *answer)
{
	(void)ctx;
	return off < 0 ? -EFBIG : answer_text(answer, len == 0 ? COREHOST_LARGE : (size_t)len);
}

static int write(uintptr_t ctx, int64_t off, const void *data, size_t size)
{
	(void)ctx, (void)data, (void)size;
	return off < 0 ? -EFBIG : 0;
}

static int write_bytes(uintptr_t ctx, const void *data, size_t size)
{
	(void)ctx, (void)data, (void)size;
	return 0;
}

static int get_named(uintptr_t ctx, const void *name, size_t size, lv_answer *answer)
{
	(void)ctx;
	return answer_named(answer, name, size);
}

static int getxattrs(uintptr_t ctx, lv_answer *answer)
{
	(void)ctx;
	return answer_records(answer, 1, XATTRS, XATTR_SIZE);
}

static int setxattr(uintptr_t ctx, const void *name, size_t name_size, const void *data, size_t size)
{
	(void)ctx, (void)name, (void)name_size, (void)data, (void)size;
	return 0;
}

static int truncate(uintptr_t ctx, int64_t size)
{
	(void)ctx;
	return size < 0 ? -EFBIG : 0;
}

static int zero(uintptr_t ctx, int64_t off, int64_t len)
{
	(void)ctx;
	return off < 0 || len < 0 ? -EFBIG : 0;
}

static int map_get_keys(uintptr_t ctx, const void *after, size_t after_size, const void *prefix, size_t prefix_size, int64_t max,
			int *more, lv_answer *answer)
{
	(void)ctx, (void)after, (void)after_size, (void)prefix, (void)prefix_size;
	*more = 1;
	return answer_records(answer, 1, max, 0);
}

static int map_get_vals(uintptr_t ctx, const void *after, size_t after_size, const void *prefix, size_t prefix_size,
			int64_t max, int *more, lv_answer *answer)
{
	(void)ctx, (void)after, (void)after_size, (void)prefix, (void)prefix_size;
	*more = 0;
	return answer_records(answer, 1, max, SMALL);
}

static int map_get_page(uintptr_t ctx, const void *from, size_t from_size, const void *prefix, size_t prefix_size, int64_t max,
			int64_t size, int *more, lv_answer *answer)
{
	int first = 0;
	(void)ctx, (void)prefix, (void)prefix_size, (void)size;
	if (from_size > 0)
		sscanf(from, "k%d", &first);
	int64_t last = first + max < COREHOST_PAIRS ? first + max : COREHOST_PAIRS;
	*more = last < COREHOST_PAIRS;
	return answer_records(answer, first + 1, last, SMALL);
}

static int map_get_vals_by_keys(uintptr_t ctx, const void *records, size_t size, lv_answer *answer)
{
	(void)ctx, (void)records;
	return answer_records(answer, 1, size > 0 ? 2 : 0, SMALL);
}

static int map_remove_key(uintptr_t ctx, const void *key, size_t size)
{
	lv_answer ignored = {0};
	(void)ctx;
	return answer_named(&ignored, key, size);
}

static int map_remove_range(uintptr_t ctx, const void *first, size_t first_size, const void *end, size_t end_size)
{
	(void)ctx, (void)first, (void)first_size, (void)end_size;
	return end ? 0 : -EPERM;
}

static int map_read_header(uintptr_t ctx, lv_answer *answer)
{
	(void)ctx;
	return answer_text(answer, SMALL);
}

static int current_version(uintptr_t ctx, uint64_t *version)
{
	(void)ctx;
	*version = 7;
	return 0;
}

static int object(uintptr_t ctx, lv_answer *answer)
{
	(void)ctx;
	return answer_kept(answer, put_field(put_field(0, "oid", 3), "the object", 10));
}

static int caller(uintptr_t ctx, lv_answer *answer)
{
	static char client[COREHOST_LARGE];
	(void)ctx;
	size_t size = put_field(0, "client", 6);
	return answer_kept(answer, put_field(size, client, put_text(client, sizeof client)));
}

static int random_bytes(uintptr_t ctx, void *data, size_t size)
{
	(void)ctx;
	memset(data, 'r', size);
	return 0;
}

/* The number is how many bytes were added to the seed. */
static int hash(uintptr_t ctx, lv_hash *h, const void *data, size_t size)
{
	(void)ctx, (void)data;
	h->number += size;
	memset(h->sum, 0xab, sizeof h->sum);
	return 0;
}

static int log_text(uintptr_t ctx, int level, const void *data, size_t size)
{
	(void)level;
	return write_bytes(ctx, data, size);
}

/* Modules are named by their numbers; what they are, lv_set_modules says. */
static int require(uintptr_t ctx, int chunk, const void *name, size_t size, int *module)
{
	(void)ctx, (void)chunk;
	*module = *(const char *)name - '0';
	return size == 1 && *module >= 1 && *module <= 9 ? 0 : -EINVAL;
}

static int manifest(uintptr_t ctx, const void *where, size_t where_size, const void *value, size_t size)
{
	write_bytes(ctx, where, where_size);
	return write_bytes(ctx, value, size);
}

static int take(uintptr_t ctx, void *data, size_t size)
{
	(void)ctx;
	memcpy(data, kept, size);
	return 0;
}

static int error(uintptr_t ctx, lv_answer *answer)
{
	static const char text[] = "the host says no";
	(void)ctx;
	answer->size = sizeof text - 1;
	memcpy(answer->data, text, sizeof text - 1);
	return 0;
}

const lv_host corehost = {
	.create = create,
	.remove = done,
	.stat = stat,
	.read = read,
	.write = write,
	.write_full = write_bytes,
	.append = write_bytes,
	.truncate = truncate,
	.zero = zero,
	.getxattr = get_named,
	.getxattrs = getxattrs,
	.setxattr = setxattr,
	.rmxattr = write_bytes,
	.map_clear = done,
	.map_get_keys = map_get_keys,
	.map_get_vals = map_get_vals,
	.map_get_page = map_get_page,
	.map_get_vals_by_keys = map_get_vals_by_keys,
	.map_get_val = get_named,
	.map_set_vals = write_bytes,
	.map_remove_key = map_remove_key,
	.map_remove_range = map_remove_range,
	.map_read_header = map_read_header,
	.map_write_header = write_bytes,
	.current_version = current_version,
	.object = object,
	.caller = caller,
	.random = random_bytes,
	.hash = hash,
	.log = log_text,
	.require = require,
	.manifest = manifest,
	.take = take,
	.error = error,
};
