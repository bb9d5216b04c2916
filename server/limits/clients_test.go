package limits

import (
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"
)

func pipe(t *testing.T, of *Clients) *Conn {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { client.Close() })
	conn, err := of.admit(server)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Who has taken what it was sent since it was looked at is not cut off.
func TestWhoGoesOnIsNotCutOff(t *testing.T) {
	c := NewClients(Bounds{Connections: 3}, nil, slog.New(slog.DiscardHandler))
	slow, done, next := pipe(t, c), pipe(t, c), pipe(t, c)
	slow.began.Store(5)
	next.began.Store(6)
	if freed := c.cut(CutUnsent, []reader{{slow, 5, 10}, {done, 5, 100}, {next, 5, 1000}}); freed != 10 || c.Count() != 2 {
		t.Errorf("%d bytes were freed, and %d clients left", freed, c.Count())
	}
}

// When clients leave too much, those are cut off that are late, the latest first, and then those that leave most.
func TestWhoIsCutOff(t *testing.T) {
	const now = 100
	type sending struct {
		name  string
		ticks int64 // since it began
		held  int
	}
	all := []sending{{"brisk", 0, 1}, {"small", 3, 10}, {"large", 1, 40}, {"late", waitTicks + 1, 2}, {"latest", waitTicks + 2, 3}}
	for room, want := range map[int64][]string{
		56: nil,
		55: {"latest"},
		53: {"latest"},
		52: {"late", "latest"},
		50: {"large", "late", "latest"},
		11: {"large", "late", "latest"},
		10: {"large", "late", "latest", "small"},
	} {
		c := NewClients(Bounds{Connections: len(all), Unsent: room, SlowTimeout: time.Hour}, nil, slog.New(slog.DiscardHandler))
		conns := map[string]*Conn{}
		for _, s := range all {
			conn := pipe(t, c)
			conn.hold(s.held)
			conn.began.Store(now - s.ticks)
			conns[s.name] = conn
		}
		c.look(now)
		var cut []string
		for name, conn := range conns {
			if _, in := c.conns[conn]; !in {
				cut = append(cut, name)
			}
		}
		if slices.Sort(cut); !slices.Equal(cut, want) {
			t.Errorf("with room for %d, %v were cut off, want %v", room, cut, want)
		}
	}
}
