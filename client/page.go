// This file is the listing of objects in pages.

package client

import (
	"context"
	"strconv"
)

// ListObjectsPage returns the ids of up to limit objects of the namespace behind an id, which need not exist, in byte order; "" is
// before all. It returns, too, what the next page is asked for with, "" behind the last one. A daemon may return fewer than limit.
func (ioctx *IOContext) ListObjectsPage(ctx context.Context, after string, limit int) (next string, oids []string, err error) {
	return ioctx.page(ctx, after, "LIMIT", strconv.Itoa(limit))
}
