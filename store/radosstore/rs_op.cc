//go:build !norados

// Compound operations on objects: steps, submission, results. See rs.h.

#include "rs_impl.hpp"

#include <cstring>
#include <map>
#include <set>

#include <rados/librados.h>

using librados::bufferlist;
using pairs = std::map<std::string, bufferlist>;

namespace {

// max_steps is what the number of steps in a message to an OSD can be: it has 16 bits there.
constexpr size_t max_steps = UINT16_MAX;

bufferlist buffer(rs_bytes b)
{
	bufferlist bl;
	if (b.n > 0) // bytes that are appended one by one would take a page at least
		bl.append(ceph::buffer::ptr(ceph::buffer::copy(b.p, b.n)));
	return bl;
}

size_t flat_size(const pairs &all)
{
	size_t n = 0;
	for (const auto &[key, value] : all)
		n += 2 * sizeof(uint32_t) + key.size() + value.length();
	return n;
}

void flatten(const pairs &all, char *to)
{
	for (const auto &[key, value] : all) {
		const uint32_t lengths[2] = {uint32_t(key.size()), value.length()};
		memcpy(to, lengths, sizeof lengths);
		to += sizeof lengths;
		memcpy(to, key.data(), key.size());
		to += key.size();
		value.begin().copy(value.length(), to);
		to += value.length();
	}
}

// write_operation adds what the C API has, and the C++ API lacks. A handle of the C API is what an operation of C++ refers to: an
// ObjectOperationImpl of librados, or, for some versions, its first member.
struct write_operation : librados::ObjectWriteOperation {
	void omap_rm_range(rs_bytes first, rs_bytes end)
	{
		rados_write_op_omap_rm_range2(impl, first.p, first.n, end.p, end.n);
	}
};

} // namespace

struct rs_op {
	const bool writes;
	uintptr_t token = 0;
	librados::IoCtx io; // librados keeps no reference for a read that is under way
	librados::AioCompletion *completion = nullptr;
	librados::ObjectReadOperation read;
	write_operation write;

	// Steps that are gathered.
	std::set<std::string> keys; // to read or to remove
	pairs values;               // to set

	// Results of reads. A step that was not made has code 0.
	uint64_t size = 0;
	struct timespec mtime = {};
	bufferlist data, header;
	pairs xattrs, omap, by_key;
	bool more = false;
	int codes[6] = {};

	explicit rs_op(bool writes) : writes(writes) {}
	~rs_op()
	{
		if (completion)
			completion->release();
	}
	librados::ObjectOperation &any()
	{
		if (writes)
			return write;
		return read;
	}
};

rs_op *rs_read_new(void) { return new (std::nothrow) rs_op(false); }
rs_op *rs_write_new(void) { return new (std::nothrow) rs_op(true); }
void rs_free(rs_op *op) { delete op; }

static void completed(librados::completion_t, void *arg) { rs_done(static_cast<rs_op *>(arg)->token); }

int rs_submit(rs_op *op, const rs_pool *pool, rs_bytes ns, rs_bytes oid, uintptr_t token)
{
	return guarded([=] {
		op->io = in_namespace(pool, ns);
		op->token = token;
		op->completion = librados::Rados::aio_create_completion(op, completed);
		if (op->writes) {
			if (!op->values.empty())
				op->write.omap_set(op->values);
			if (!op->keys.empty())
				op->write.omap_rm_keys(op->keys);
			if (op->write.size() > max_steps)
				return -E2BIG;
			// A full cluster answers, where otherwise librados would wait until there is room.
			return op->io.aio_operate(str(oid), op->completion, &op->write, librados::OPERATION_FULL_TRY);
		}
		if (!op->keys.empty())
			op->read.omap_get_vals_by_keys(op->keys, &op->by_key, &op->codes[5]);
		return op->io.aio_operate(str(oid), op->completion, &op->read, nullptr);
	});
}

int rs_assert_version(rs_op *op, uint64_t version)
{
	return guarded([=] { return op->any().assert_version(version), 0; });
}

int rs_read_stat(rs_op *op)
{
	return guarded([=] { return op->read.stat2(&op->size, &op->mtime, &op->codes[0]), 0; });
}

int rs_read_data(rs_op *op, uint64_t off, size_t len)
{
	return guarded([=] { return op->read.read(off, len, &op->data, &op->codes[1]), 0; });
}

int rs_read_xattrs(rs_op *op)
{
	return guarded([=] { return op->read.getxattrs(&op->xattrs, &op->codes[2]), 0; });
}

int rs_read_header(rs_op *op)
{
	return guarded([=] { return op->read.omap_get_header(&op->header, &op->codes[3]), 0; });
}

int rs_read_omap(rs_op *op, rs_bytes after, uint64_t max)
{
	return guarded([=] { return op->read.omap_get_vals2(str(after), max, &op->omap, &op->more, &op->codes[4]), 0; });
}

int rs_read_omap_value(rs_op *op, rs_bytes key)
{
	return guarded([=] { return op->keys.insert(str(key)), 0; });
}

int rs_mtime(rs_op *op, int64_t sec, long nsec)
{
	return guarded([=] {
		struct timespec t = {};
		t.tv_sec = sec;
		t.tv_nsec = nsec;
		return op->write.mtime2(&t), 0;
	});
}

int rs_create(rs_op *op, bool exclusive)
{
	return guarded([=] { return op->write.create(exclusive), 0; });
}

int rs_remove(rs_op *op)
{
	return guarded([=] { return op->write.remove(), 0; });
}

int rs_write_full(rs_op *op, rs_bytes data)
{
	return guarded([=] { return op->write.write_full(buffer(data)), 0; });
}

int rs_write(rs_op *op, uint64_t off, rs_bytes data)
{
	return guarded([=] { return op->write.write(off, buffer(data)), 0; });
}

int rs_zero(rs_op *op, uint64_t off, uint64_t len)
{
	return guarded([=] { return op->write.zero(off, len), 0; });
}

int rs_truncate(rs_op *op, uint64_t size)
{
	return guarded([=] { return op->write.truncate(size), 0; });
}

int rs_setxattr(rs_op *op, rs_bytes name, rs_bytes value)
{
	return guarded([=] { return op->write.setxattr(str(name).c_str(), buffer(value)), 0; });
}

int rs_rmxattr(rs_op *op, rs_bytes name)
{
	return guarded([=] { return op->write.rmxattr(str(name).c_str()), 0; });
}

int rs_omap_clear(rs_op *op)
{
	return guarded([=] { return op->write.omap_clear(), 0; });
}

int rs_omap_header(rs_op *op, rs_bytes header)
{
	return guarded([=] { return op->write.omap_set_header(buffer(header)), 0; });
}

int rs_omap_set(rs_op *op, rs_bytes key, rs_bytes value)
{
	return guarded([=] { return op->values[str(key)] = buffer(value), 0; });
}

int rs_omap_remove(rs_op *op, rs_bytes key)
{
	return guarded([=] { return op->keys.insert(str(key)), 0; });
}

int rs_omap_remove_range(rs_op *op, rs_bytes first, rs_bytes end)
{
	return guarded([=] { return op->write.omap_rm_range(first, end), 0; });
}

void rs_results(const rs_op *op, rs_result *r)
{
	*r = rs_result();
	r->ret = op->completion->get_return_value();
	for (int code : op->codes)
		if (r->ret >= 0 && code < 0)
			r->ret = code;
	r->version = op->completion->get_version64();
	r->size = op->size;
	r->mtime_sec = op->mtime.tv_sec;
	r->mtime_nsec = op->mtime.tv_nsec;
	r->more = op->more;
	r->data = op->data.length();
	r->header = op->header.length();
	r->xattrs = flat_size(op->xattrs);
	r->omap = flat_size(op->by_key) + flat_size(op->omap);
}

void rs_copy_data(const rs_op *op, char *to) { op->data.begin().copy(op->data.length(), to); }
void rs_copy_header(const rs_op *op, char *to) { op->header.begin().copy(op->header.length(), to); }
void rs_copy_xattrs(const rs_op *op, char *to) { flatten(op->xattrs, to); }

// What is read by key comes first: it is asked for beside a listing only as the key before the listing's first.
void rs_copy_omap(const rs_op *op, char *to)
{
	flatten(op->by_key, to);
	flatten(op->omap, to + flat_size(op->by_key));
}
