package pebblestore

// This file has removals give free space while commits are refused for lack of it. By itself the engine would keep them in its
// memory, and then beside what they remove: it compacts when it is written to.

import (
	"bytes"
	"context"
	"sync"
)

// span is the keys from first on and below end; none if end is nil.
type span struct{ first, end []byte }

func (s *span) extend(first, end []byte) {
	switch {
	case s.end == nil:
		*s = span{first, end}
		return
	case bytes.Compare(first, s.first) < 0:
		s.first = first
	}
	if bytes.Compare(end, s.end) > 0 {
		s.end = end
	}
}

// room knows which keys were removed since they were compacted. Heads and parts lie apart, so each have a span.
type room struct {
	mu           sync.Mutex
	heads, parts span
	running      bool

	ctx    context.Context // ends with the store
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func newRoom() *room {
	r := &room{}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// removed notes which keys a commit has removed. They must not be changed any more.
func (r *room) removed(heads, parts span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if heads.end != nil {
		r.heads.extend(heads.first, heads.end)
	}
	if parts.end != nil {
		r.parts.extend(parts.first, parts.end)
	}
}

// begin returns the spans to compact, unless there are none, or they are compacted by another, or the store is closed. If ok, it
// must be followed by end.
func (r *room) begin() (spans []span, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running || r.ctx.Err() != nil || r.heads.end == nil && r.parts.end == nil {
		return nil, false
	}
	for _, s := range []span{r.heads, r.parts} {
		if s.end != nil {
			spans = append(spans, s)
		}
	}
	r.heads, r.parts = span{}, span{}
	r.running = true
	r.done.Add(1)
	return spans, true
}

func (r *room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running = false
	r.done.Done()
}

// close has what is under way end, and nothing begin.
func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancel()
}

// makeRoom compacts what was removed, aside.
func (s *Store) makeRoom() {
	spans, ok := s.room.begin()
	if !ok {
		return
	}
	go func() {
		defer s.room.end()
		for _, span := range spans {
			_ = s.fail.guard(func() error { // a store that has stopped says so to the next call
				return s.db.Compact(s.room.ctx, span.first, span.end, false)
			})
		}
	}()
}
