// This file is the RESP command that copies the store.

package resp

func (c *conn) storeBackup(args [][]byte) error {
	path, err := c.srv.service.Backup(c.ctx, string(args[0]))
	if err != nil {
		return err
	}
	c.out.bulkString(path)
	return nil
}
