// This file is the RESP command that copies the store.

package server

func (c *respConn) storeBackup(args [][]byte) error {
	path, err := c.srv.service.Backup(c.ctx, string(args[0]))
	if err != nil {
		return err
	}
	c.out.bulkString(path)
	return nil
}
