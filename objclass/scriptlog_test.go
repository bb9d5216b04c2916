package objclass

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate is a log's destination that stands still until it is opened.
type gate struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.out.Write(p)
}

func (g *gate) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.out.String()
}

func waitFor(t *testing.T, g *gate, text string) string {
	t.Helper()
	for range 1000 {
		if got := g.String(); strings.Contains(got, text) {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%q was never logged", text)
	return ""
}

func TestScriptLogLevels(t *testing.T) {
	var g gate
	log := newScriptLogger(slog.New(slog.NewTextHandler(&g, nil))).with("class", "c")
	log(10, "hidden")
	log(0, "shown")
	if got := waitFor(t, &g, "msg=shown class=c"); strings.Contains(got, "hidden") {
		t.Errorf("logged %q", got)
	}
}

// A log that stands still holds no script up, takes bounded memory, and tells afterwards what was lost.
func TestScriptLogDoesNotBlock(t *testing.T) {
	var g gate
	logger := newScriptLogger(slog.New(slog.NewTextHandler(&g, nil)))
	log := logger.with("class", "c")
	g.mu.Lock()
	log(0, "line 0")
	for logger.waiting() > 0 { // until it stands still
		time.Sleep(time.Millisecond)
	}
	for i := 1; i < 3*maxScriptLines; i++ {
		log(0, fmt.Sprint("line ", i))
	}
	g.mu.Unlock()
	got := waitFor(t, &g, "were dropped")
	if !strings.Contains(got, "line 0") || strings.Contains(got, fmt.Sprint("line ", 3*maxScriptLines-1)) {
		t.Error("the first lines are not there, or the last ones are")
	}
}

func (l *scriptLogger) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}
