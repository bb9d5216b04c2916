//go:build !norados

// The walk over the names of a pool's objects. See rs.h.

#include "rs_impl.hpp"

#include <cstring>
#include <vector>

struct rs_list {
	librados::IoCtx io;
	std::string ns;
	librados::ObjectCursor next, finish;
	std::vector<librados::ObjectItem> items;
};

static const size_t names_at_once = 1000;

int rs_list_new(rs_list **list, const rs_pool *pool, rs_bytes ns)
{
	*list = new (std::nothrow) rs_list;
	if (!*list)
		return -ENOMEM;
	return guarded([=, l = *list] {
		l->io = in_namespace(pool, ns);
		l->ns = str(ns);
		l->next = l->io.object_list_begin();
		l->finish = l->io.object_list_end();
		return 0;
	});
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

// The namespace named \1 stands for all of them in librados, so what was listed is looked at again.
template <typename F> static void each(const rs_list *list, F f)
{
	for (const auto &item : list->items)
		if (item.nspace == list->ns)
			f(item.oid);
}

size_t rs_list_size(const rs_list *list)
{
	size_t n = 0;
	each(list, [&](const std::string &oid) { n += sizeof(uint32_t) + oid.size(); });
	return n;
}

void rs_list_copy(const rs_list *list, char *to)
{
	each(list, [&](const std::string &oid) {
		const uint32_t length = uint32_t(oid.size());
		memcpy(to, &length, sizeof length);
		to += sizeof length;
		memcpy(to, oid.data(), oid.size());
		to += oid.size();
	});
}
