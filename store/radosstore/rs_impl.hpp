// What the parts of rs.h have in common.
#pragma once

#include "rs.h"

#include <cerrno>
#include <new>
#include <string>

#include <rados/librados.hpp>

inline std::string str(rs_bytes b) { return std::string(b.p, b.n); }

// guarded turns what f throws into an errno.
template <typename F> int guarded(F f) noexcept
{
	try {
		return f();
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (...) {
		return -EIO;
	}
}

struct rs_pool {
	librados::IoCtx io;
};

// in_namespace returns a context of its own for one operation in a pool.
inline librados::IoCtx in_namespace(const rs_pool *pool, rs_bytes ns)
{
	librados::IoCtx io;
	io.dup(pool->io);
	io.set_namespace(str(ns));
	return io;
}
