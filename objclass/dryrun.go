// This file is dry runs: a method runs as ever, and what it would commit is told instead.

package objclass

import "github.com/objluad/objluad/store"

// dryRun runs the method without the object's lock, on what is committed, and describes what it did. Nothing can be in the way
// of that: what only a commit finds out, such as a full disk, a dry run does not.
func (x *exec) dryRun() error {
	return x.look(func(overlay *store.Overlay) { x.effects = overlay.Effects() })
}
