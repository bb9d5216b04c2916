// This file is how an operator copies the daemon's store.

package client

import "context"

// Backup has the daemon copy its store into a new folder of that name, where it may make backups, and returns the folder's
// path on the daemon's machine. The copy has everything that was acknowledged before. It fails with EPERM when the daemon may
// make no backups, EEXIST when there is one of that name, and EOPNOTSUPP when the store cannot be copied so.
func (c *Conn) Backup(ctx context.Context, name string) (path string, err error) {
	path, err = c.do(ctx, "STORE.BACKUP", name).ToString()
	return path, callError(err)
}
