package store

// This file is how an engine is copied while it is in use.

import "context"

// Backuper is a store that can make a copy of itself while it is in use.
type Backuper interface {
	// Backup makes dir, which must not exist, a copy that can be opened as a store. It has every commit that was acknowledged
	// before Backup began, and of each later commit the whole or nothing. The folder of dir must exist; dir is either
	// complete or absent, after a crash too. It fails with ErrBackupExists when dir is there.
	Backup(ctx context.Context, dir string) error
}
