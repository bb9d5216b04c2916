// This file is how the store is copied while it is in use.

package objclass

import (
	"context"
	"path/filepath"
	"syscall"

	"github.com/objluad/objluad/store"
)

const maxBackupName = 128 // bytes

// Backup copies the store into a new folder of that name in Options.Backups, and returns the folder's path. The copy has
// everything that was acknowledged before. It fails with EINVAL for a name that is none, EPERM when Options.Backups is not set,
// EEXIST when there is something of that name, EOPNOTSUPP when the store cannot be copied so, and ENOSPC when the disk is full.
func (s *Service) Backup(ctx context.Context, name string) (path string, err error) {
	if !backupName(name) {
		return "", Errorf(syscall.EINVAL, KindInput,
			"backup %q: a name is 1 to %d letters, digits, '.', '_' and '-', and begins with a letter or a digit", name[:min(len(name), maxBackupName)], maxBackupName)
	}
	if err := s.admission.enter(); err != nil {
		return "", err
	}
	defer s.admission.leave()
	backuper, ok := s.objects.store.(store.Backuper)
	if !ok {
		return "", Errorf(syscall.EOPNOTSUPP, KindOp, "this store has no online backup: export it instead")
	}
	if s.opts.Backups == "" {
		return "", Errorf(syscall.EPERM, KindAuth, "backups are off: start the daemon with --backups DIR, a folder on the disk of its data")
	}
	path = filepath.Join(s.opts.Backups, name)
	if err := backuper.Backup(ctx, path); err != nil {
		return "", OpError(err)
	}
	return path, nil
}

// backupName reports whether name may name a backup: it is one element of a path, and hides nothing.
func backupName(name string) bool {
	for i, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '-'):
		default:
			return false
		}
	}
	return name != "" && len(name) <= maxBackupName
}
