// Package progress shows how far a command is, on a terminal.
package progress

import (
	"os"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Bar returns a bar on standard error up to max, -1 where that is not known; one that shows nothing where that is no terminal.
func Bar(what string, max int64, inBytes bool) *progressbar.ProgressBar {
	options := []progressbar.Option{
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionSetVisibility(onTerminal()),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
	}
	if inBytes {
		options = append(options, progressbar.OptionShowBytes(true))
	}
	return progressbar.NewOptions64(max, options...)
}

func onTerminal() bool { return term.IsTerminal(int(os.Stderr.Fd())) }

// Meter shows how far data is on its way to the daemon, or from there.
type Meter struct {
	bar     atomic.Pointer[progressbar.ProgressBar] // nil when nothing is shown
	sending bool                                    // set before bar
}

// Traffic returns what counts for the meter, for client.Options; nil where nothing would be seen of it.
func (m *Meter) Traffic() func(sent, received int) {
	if !onTerminal() {
		return nil
	}
	return func(sent, received int) {
		bar := m.bar.Load()
		switch {
		case bar == nil:
		case m.sending:
			_ = bar.Add(sent) // fails behind the end: the protocol has bytes of its own
		default:
			_ = bar.Add(received)
		}
	}
}

// longTransfer is from how many bytes on the way is shown.
const longTransfer = 8 << 20

// Show begins to show a transfer of so many bytes, -1 when that is not known, and returns what ends it.
func (m *Meter) Show(what string, size int64, sending bool) (end func()) {
	if !onTerminal() || size >= 0 && size < longTransfer {
		return func() {}
	}
	bar := Bar(what, size, true)
	m.sending = sending
	m.bar.Store(bar)
	return func() {
		m.bar.Store(nil)
		_ = bar.Finish()
	}
}
