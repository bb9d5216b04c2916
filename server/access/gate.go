// This file slows down those who guess passwords, and bounds what logins take of the machine.

package access

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	freeFailures = 3                      // of an address that cost it no time
	firstDelay   = 100 * time.Millisecond // after the next one; doubled by each further one
	longestDelay = 3 * time.Second
	longestWait  = 6 * time.Second  // in line for an address's next attempt; who would wait longer is refused
	forgetAfter  = 15 * time.Minute // without another failure
	maxPeers     = 4096             // addresses whose failures are counted
	maxWaiting   = 256              // logins that wait for their turn; of one address no more than there is room for others
)

// gate lets logins pass one by one to where passwords are verified. An address from which logins failed waits before each
// attempt, however many it makes at once; others do not wait for it. Addresses take turns, so one that makes many attempts at once, of which
// none has failed yet, keeps others waiting for one of them.
type gate struct {
	mu      sync.Mutex
	peers   map[netip.Prefix]*peerRecord
	waiting int                              // logins, in line or until they may get in line
	places  map[netip.Prefix]int             // of these, by address
	free    int                              // verifications more that may be under way
	line    []netip.Prefix                   // addresses of which logins are in line, in the order of their turns
	inLine  map[netip.Prefix][]chan struct{} // has the addresses of line
}

type peerRecord struct {
	failures int
	next     time.Time // when the next attempt may begin
	last     time.Time // failure
}

func newGate() *gate {
	return &gate{
		peers:  make(map[netip.Prefix]*peerRecord),
		places: make(map[netip.Prefix]int),
		free:   max(1, runtime.GOMAXPROCS(0)/2),
		inLine: make(map[netip.Prefix][]chan struct{}),
	}
}

// enter waits for a login's turn. After it returned nil, leave must be called.
func (g *gate) enter(ctx context.Context, peer string) error {
	key := peerKey(peer)
	wait, err := g.reserve(key, time.Now())
	if err != nil {
		return err
	}
	defer g.endWait(key)
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	turn := g.getInLine(key)
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		g.getOutOfLine(key, turn)
		return context.Cause(ctx)
	}
}

// getInLine returns what is closed when it is the turn of a login.
func (g *gate) getInLine(peer netip.Prefix) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	turn := make(chan struct{})
	if _, waits := g.inLine[peer]; !waits {
		g.line = append(g.line, peer)
	}
	g.inLine[peer] = append(g.inLine[peer], turn)
	g.serve()
	return turn
}

// getOutOfLine gives the turn of a login up, whether it has come or not.
func (g *gate) getOutOfLine(peer netip.Prefix, turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.inLine[peer], turn); i >= 0 {
		g.inLine[peer] = slices.Delete(g.inLine[peer], i, i+1)
		return
	}
	g.free++
	g.serve()
}

// serve gives turns to those in line while there are any, one to each address before the first gets another.
func (g *gate) serve() {
	for g.free > 0 && len(g.line) > 0 {
		peer := g.line[0]
		g.line = g.line[1:]
		turns := g.inLine[peer]
		if len(turns) > 0 {
			g.free--
			close(turns[0])
			turns = turns[1:]
		}
		if len(turns) > 0 {
			g.inLine[peer] = turns
			g.line = append(g.line, peer)
		} else {
			delete(g.inLine, peer)
		}
	}
}

// reserve takes a place in line, and the address's next attempt. It returns how long until that.
func (g *gate) reserve(peer netip.Prefix, now time.Time) (time.Duration, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.places[peer] >= maxWaiting-g.waiting {
		return 0, ErrTooMany
	}
	wait := time.Duration(0)
	if r := g.peers[peer]; r != nil && now.Sub(r.last) > forgetAfter {
		delete(g.peers, peer)
	} else if r != nil {
		if wait = max(r.next.Sub(now), 0); wait > longestWait {
			return 0, ErrTooMany
		}
		r.next = now.Add(wait + r.delay())
	}
	g.waiting++
	g.places[peer]++
	return wait, nil
}

func (g *gate) endWait(peer netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting--
	if g.places[peer]--; g.places[peer] == 0 {
		delete(g.places, peer)
	}
}

// leave ends a login, of which it notes whether it failed.
func (g *gate) leave(peer string, ok bool) {
	key, now := peerKey(peer), time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free++
	g.serve()
	r := g.peers[key]
	switch {
	case ok:
		delete(g.peers, key)
		return
	case r == nil:
		g.forget(now)
		r = &peerRecord{}
		g.peers[key] = r
	}
	r.failures++
	r.last = now
	if next := now.Add(r.delay()); next.After(r.next) {
		r.next = next
	}
}

// delay is the time between two attempts of an address.
func (r *peerRecord) delay() time.Duration {
	if r.failures <= freeFailures {
		return 0
	}
	return min(firstDelay<<min(r.failures-freeFailures-1, 16), longestDelay)
}

// forget makes room for an address: it drops those whose failures are old, and if there are none, the one that failed first.
func (g *gate) forget(now time.Time) {
	if len(g.peers) < maxPeers {
		return
	}
	var oldest netip.Prefix
	for key, r := range g.peers {
		if now.Sub(r.last) > forgetAfter {
			delete(g.peers, key)
		} else if first := g.peers[oldest]; first == nil || r.last.Before(first.last) {
			oldest = key
		}
	}
	if len(g.peers) >= maxPeers {
		delete(g.peers, oldest)
	}
}

// peerKey returns what failures are counted by: an IPv4 address, or the /64 network that one host has of IPv6.
func peerKey(peer string) netip.Prefix {
	host, _, err := net.SplitHostPort(peer)
	if err != nil {
		host = peer
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 32
	if addr = addr.Unmap().WithZone(""); addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.Prefix(bits) // fails for bits that an address does not have
	return prefix
}
