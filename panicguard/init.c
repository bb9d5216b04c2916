/* The start of the guard in a process. */
#define _GNU_SOURCE
#include "thread.h"

#include <errno.h>
#include <link.h>

/* Whether the dynamic loader bound all symbols of the program before it ran. A static program has none. */
static bool bound_at_start(void)
{
	extern ElfW(Dyn) _DYNAMIC[] __attribute__((weak));
	if (!_DYNAMIC)
		return true;
	for (const ElfW(Dyn) *d = _DYNAMIC; d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_BIND_NOW || (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_BIND_NOW) ||
		    (d->d_tag == DT_FLAGS_1 && d->d_un.d_val & DF_1_NOW))
			return true;
	return false;
}

int pg_init(void)
{
	if (!bound_at_start())
		return ENOEXEC;
	int err = pg_signals_init();
	return err ? err : pg_watchdog_init();
}
