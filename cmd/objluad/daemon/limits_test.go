package daemon

import (
	"log/slog"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFit wants more connections than the process may open, three times as many of RESP as of HTTP.
func TestFit(t *testing.T) {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	if files.Cur < filesOfTheStore+100 || files.Cur > 1<<30 {
		t.Skipf("the process may open %d files", files.Cur)
	}
	l := limits{connections: 3 << 30, web: 1 << 30}
	l.fit(slog.New(slog.DiscardHandler))
	if all := l.connections + l.web + filesOfTheStore; all > int(files.Cur) || all < int(files.Cur)-2 || l.connections/l.web < 2 {
		t.Errorf("%d and %d connections, with %d files", l.connections, l.web, files.Cur)
	}
	enough := limits{connections: 10, web: 20}
	if enough.fit(slog.New(slog.DiscardHandler)); enough != (limits{connections: 10, web: 20}) {
		t.Errorf("what fits became %+v", enough)
	}
}
