// This file is the file of the audit log, which is opened again when it was moved away.

package daemon

import (
	"os"
	"sync"
)

// auditLog appends to a file. Each write is a line.
type auditLog struct {
	path string

	mu   sync.Mutex
	file *os.File
}

func openAuditLog(path string) (*auditLog, error) {
	a := &auditLog{path: path}
	return a, a.reopen()
}

func (a *auditLog) reopen() error {
	file, err := os.OpenFile(a.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file != nil {
		a.file.Close()
	}
	a.file = file
	return nil
}

func (a *auditLog) Write(line []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.file.Write(line)
}
