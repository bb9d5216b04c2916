// This file ends calls by the tags that their client gave them. A client that closes a connection ends the call that runs there; one
// whose calls share a connection ends one of them so.

package resp

import "context"

const maxTag = 255 // bytes of a tag

// taggedCall is a call under way. Its cancel function ends no other one, however late it is called.
type taggedCall struct {
	user, tag string
	cancel    context.CancelFunc
}

// tag returns the context of a call of that tag, "" for none, and what is to be called when the call has ended.
func (c *conn) tag(tag string) (ctx context.Context, end func()) {
	if tag == "" {
		return c.ctx, func() {}
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.tagged.Store(&taggedCall{c.actor.Name, tag, cancel})
	return ctx, func() {
		c.tagged.Store(nil)
		cancel()
	}
}

func (c *conn) callCancel(args [][]byte) error {
	tags := make(map[string]bool, len(args))
	for _, arg := range args {
		tags[string(arg)] = true
	}
	c.out.int(c.srv.cancelCalls(c.actor.Name, tags))
	return nil
}

// cancelCalls ends the calls of a user that have one of the tags, and returns how many there are.
func (s *Server) cancelCalls(user string, tags map[string]bool) (n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if call := c.tagged.Load(); call != nil && call.user == user && tags[call.tag] {
			call.cancel()
			n++
		}
	}
	return n
}
