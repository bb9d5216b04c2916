//go:build !norados

// Watches on objects, and messages to those who watch. See rs.h.

#include "rs_impl.hpp"

struct rs_watch : librados::WatchCtx2 {
	librados::IoCtx io;
	std::string oid;
	uintptr_t token;
	uint64_t cookie = 0;

	rs_watch(const rs_pool *pool, rs_bytes ns, rs_bytes oid, uintptr_t token)
		: io(in_namespace(pool, ns)), oid(str(oid)), token(token) {}

	void handle_notify(uint64_t id, uint64_t cookie, uint64_t, librados::bufferlist &message) override
	{
		const int r = guarded([&] {
			rs_seen(token, {message.c_str(), message.length()});
			librados::bufferlist none;
			io.notify_ack(oid, id, cookie, none);
			return 0;
		});
		if (r < 0)
			rs_lost(token, -r);
	}

	void handle_error(uint64_t, int err) override { rs_lost(token, -err); }

	// flush waits until no call of the two is under way.
	void flush() { librados::Rados(io).watch_flush(); }
};

int rs_watch_new(rs_watch **watch, const rs_pool *pool, rs_bytes ns, rs_bytes oid, uint32_t timeout, uintptr_t token)
{
	rs_watch *w = nullptr;
	const int r = guarded([&] {
		w = new rs_watch(pool, ns, oid, token);
		return w->io.watch3(w->oid, &w->cookie, w, timeout);
	});
	if (r < 0 && w) {
		guarded([=] { return w->flush(), 0; });
		delete w;
	} else if (r == 0) {
		*watch = w;
	}
	return r;
}

void rs_watch_free(rs_watch *watch)
{
	guarded([=] { return watch->io.unwatch2(watch->cookie); }); // a cluster that does not hear of it forgets the watch in time
	guarded([=] { return watch->flush(), 0; });
	delete watch;
}

int rs_watch_age(rs_watch *watch)
{
	return guarded([=] { return watch->io.watch_check(watch->cookie); });
}

int rs_notify(const rs_pool *pool, rs_bytes ns, rs_bytes oid, rs_bytes message, uint32_t timeout)
{
	return guarded([=] {
		librados::bufferlist m;
		m.append(message.p, message.n);
		return in_namespace(pool, ns).notify2(str(oid), m, uint64_t(timeout) * 1000, nullptr);
	});
}
