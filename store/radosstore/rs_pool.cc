//go:build !norados

// Pools, as the newest map that came has them. See rs.h.

#include "rs_impl.hpp"

#include <list>
#include <utility>

int64_t rs_pool_id(void *cluster, rs_bytes name)
{
	int64_t id = -ENOENT;
	const int r = guarded([&] {
		librados::Rados rados;
		librados::Rados::from_rados_t(cluster, rados);
		// Other look-ups wait for the monitors, without end, when a name is not in the map.
		std::list<std::pair<int64_t, std::string>> pools;
		const int listed = rados.pool_list2(pools);
		for (const auto &pool : pools)
			if (pool.second == str(name))
				id = pool.first;
		return listed;
	});
	return r < 0 ? r : id;
}

int rs_pool_open(rs_pool **pool, void *cluster, int64_t id)
{
	return guarded([=] {
		librados::Rados rados;
		librados::Rados::from_rados_t(cluster, rados);
		librados::IoCtx io;
		if (int r = rados.ioctx_create2(id, io); r < 0)
			return r;
		*pool = new rs_pool{io};
		return 0;
	});
}

void rs_pool_close(rs_pool *pool) { delete pool; }

int rs_pool_usage(void *cluster, rs_bytes name, uint64_t *objects, uint64_t *bytes)
{
	return guarded([=] {
		librados::Rados rados;
		librados::Rados::from_rados_t(cluster, rados);
		std::list<std::string> names{str(name)};
		librados::stats_map stats;
		if (int r = rados.get_pool_stats(names, stats); r < 0)
			return r;
		const auto pool = stats.find(str(name));
		if (pool == stats.end())
			return -ENOENT;
		*objects = pool->second.num_objects;
		*bytes = pool->second.num_bytes;
		return 0;
	});
}
