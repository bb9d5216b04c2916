/* The host that a daemon in Go is: the table of its exported functions. */
#include "_cgo_export.h"

/*
 * cgo knows no const, so its prototypes differ from lv_host's in that alone. The casts also say which function of the table
 * each one is.
 */
#define IS(member) .member = (__typeof__(((lv_host *)0)->member))

const lv_host lv_go_host = {
	IS(create) lvHostCreate,
	IS(remove) lvHostRemove,
	IS(stat) lvHostStat,
	IS(read) lvHostRead,
	IS(write) lvHostWrite,
	IS(write_full) lvHostWriteFull,
	IS(append) lvHostAppend,
	IS(truncate) lvHostTruncate,
	IS(zero) lvHostZero,
	IS(getxattr) lvHostGetXattr,
	IS(getxattrs) lvHostGetXattrs,
	IS(setxattr) lvHostSetXattr,
	IS(rmxattr) lvHostRmXattr,
	IS(map_clear) lvHostMapClear,
	IS(map_get_keys) lvHostMapGetKeys,
	IS(map_get_vals) lvHostMapGetVals,
	IS(map_get_page) lvHostMapGetPage,
	IS(map_get_vals_by_keys) lvHostMapGetValsByKeys,
	IS(map_get_val) lvHostMapGetVal,
	IS(map_set_vals) lvHostMapSetVals,
	IS(map_remove_key) lvHostMapRemoveKey,
	IS(map_remove_range) lvHostMapRemoveRange,
	IS(map_read_header) lvHostMapReadHeader,
	IS(map_write_header) lvHostMapWriteHeader,
	IS(current_version) lvHostCurrentVersion,
	IS(object) lvHostObject,
	IS(caller) lvHostCaller,
	IS(random) lvHostRandom,
	IS(hash) lvHostHash,
	IS(log) lvHostLog,
	IS(require) lvHostRequire,
	IS(manifest) lvHostManifest,
	IS(take) lvHostTake,
	IS(error) lvHostError,
};
