//go:build !norados

// The walk over the names of a pool's objects. See rs.h.

#include "rs_impl.hpp"

#include <cstring>
#include <vector>

struct rs_list {
	librados::IoCtx io;
	std::string ns;
	bool all; // namespaces
	librados::ObjectCursor next, finish;
	std::vector<librados::ObjectItem> items;
};

static const size_t names_at_once = 1000;

static int begin(rs_list **list, const rs_pool *pool, rs_bytes ns, bool all)
{
	*list = new (std::nothrow) rs_list;
	if (!*list)
		return -ENOMEM;
	return guarded([=, l = *list] {
		l->io = in_namespace(pool, ns);
		l->ns = str(ns);
		l->all = all;
		l->next = l->io.object_list_begin();
		l->finish = l->io.object_list_end();
		return 0;
	});
}

int rs_list_new(rs_list **list, const rs_pool *pool, rs_bytes ns) { return begin(list, pool, ns, false); }

int rs_list_new_all(rs_list **list, const rs_pool *pool)
{
	return begin(list, pool, {librados::all_nspaces.data(), librados::all_nspaces.size()}, true);
}

void rs_list_free(rs_list *list) { delete list; }

int rs_list_next(rs_list *list, bool *end)
{
	return guarded([=] {
		*end = list->io.object_list_is_end(list->next);
		list->items.clear();
		if (*end)
			return 0;
		const librados::ObjectCursor from = list->next;
		const int r = list->io.object_list(from, list->finish, names_at_once, {}, &list->items, &list->next);
		return r < 0 ? r : 0;
	});
}

// A namespace that has the name by which librados means all of them is listed as all, so what was listed is looked at again.
template <typename F> static void each(const rs_list *list, F f)
{
	for (const auto &item : list->items)
		if (list->all || item.nspace == list->ns)
			f(item.nspace, item.oid);
}

size_t rs_list_size(const rs_list *list)
{
	size_t n = 0;
	each(list, [&](const std::string &ns, const std::string &oid) { n += 2 * sizeof(uint32_t) + ns.size() + oid.size(); });
	return n;
}

static char *put(char *to, const void *p, size_t n) { return static_cast<char *>(memcpy(to, p, n)) + n; }

void rs_list_copy(const rs_list *list, char *to)
{
	each(list, [&](const std::string &ns, const std::string &oid) {
		const uint32_t lengths[] = {uint32_t(ns.size()), uint32_t(oid.size())};
		to = put(to, lengths, sizeof lengths);
		to = put(to, ns.data(), ns.size());
		to = put(to, oid.data(), oid.size());
	});
}
