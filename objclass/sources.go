// This file bounds the memory that the sources of classes take.

package objclass

import "sync"

// sourcesKept is how many bytes of sources are kept in memory. An engine needs a source only to make a VM of it; one that is not
// kept is read from the store again.
const sourcesKept = 64 << 20

// sources is the class versions whose units are in memory. When they have too many bytes some go that were not called lately:
// a hand goes round over them, passes over those that were used since it came by last, and takes the others.
type sources struct {
	mu    sync.Mutex
	limit int64
	size  int64 // bytes of the sources
	kept  []*classVersion
	hand  int
}

// keep has v keep its unit, and others lose theirs if these are too many.
func (s *sources) keep(v *classVersion, unit *Unit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !v.unit.CompareAndSwap(nil, unit) {
		return
	}
	s.kept = append(s.kept, v)
	s.size += unit.size()
	for s.size > s.limit && len(s.kept) > 1 {
		s.hand %= len(s.kept)
		if other := s.kept[s.hand]; other == v || other.called.Swap(false) {
			s.hand++
		} else {
			s.drop(s.hand)
		}
	}
}

// drop has the version at place i lose its unit. Calls that took it already keep it until they end.
func (s *sources) drop(i int) {
	last := len(s.kept) - 1
	s.size -= s.kept[i].unit.Swap(nil).size()
	s.kept[i], s.kept[last] = s.kept[last], nil
	s.kept = s.kept[:last]
}
