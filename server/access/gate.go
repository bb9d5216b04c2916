// This file slows down those who guess passwords, and bounds what logins take of the machine.

package access

import (
	"context"
	"net"
	"net/netip"
	"runtime"
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
	maxWaiting   = 256              // logins that wait for their turn
)

// gate lets logins pass one by one to where passwords are verified. An address from which logins failed waits before each
// attempt, however many it makes at once; others do not wait for it.
type gate struct {
	turns chan struct{} // one for each verification under way

	mu      sync.Mutex
	peers   map[netip.Prefix]*peerRecord
	waiting int
}

type peerRecord struct {
	failures int
	next     time.Time // when the next attempt may begin
	last     time.Time // failure
}

func newGate() *gate {
	return &gate{turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)), peers: make(map[netip.Prefix]*peerRecord)}
}

// enter waits for a login's turn. After it returned nil, leave must be called.
func (g *gate) enter(ctx context.Context, peer string) error {
	wait, err := g.reserve(peerKey(peer), time.Now())
	if err != nil {
		return err
	}
	defer g.endWait()
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	select {
	case g.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// reserve takes a place in line, and the address's next attempt. It returns how long until that.
func (g *gate) reserve(peer netip.Prefix, now time.Time) (time.Duration, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waiting >= maxWaiting {
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
	return wait, nil
}

func (g *gate) endWait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting--
}

// leave ends a login, of which it notes whether it failed.
func (g *gate) leave(peer string, ok bool) {
	<-g.turns
	key, now := peerKey(peer), time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
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
