/* Host calls that enter Go. */
#include "gohost.h"

#include "_cgo_export.h"

static void body(void *arg)
{
	pg_host_enter();
	rigCallGo(*(const uintptr_t *)arg);
	pg_host_leave();
}

pg_trap rig_run_go(pg_call *call, uintptr_t handle)
{
	return pg_run(call, body, &handle);
}
