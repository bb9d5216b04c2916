/* One call. See clslua.h. */

#include "clslua.h"

int cl_exec(rados_ioctx_t io, const char *oid, const char *method, const char *input, size_t input_len, char **output, size_t *output_len)
{
	rados_read_op_t op = rados_create_read_op();
	*output = NULL;
	*output_len = 0;
	rados_read_op_exec(op, "lua", method, input, input_len, output, output_len, NULL);
	int r = rados_read_op_operate(op, io, oid, 0);
	rados_release_read_op(op);
	return r;
}
