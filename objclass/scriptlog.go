// This file is where the messages go that methods and scripts log.

package objclass

import (
	"context"
	"log/slog"
	"sync"
)

// maxScriptLines bounds the messages that wait to be written. More are dropped: scripts must not wait for a log that is
// slow, nor fill the memory when it stands still.
const maxScriptLines = 1024

// scriptLogger writes the messages of methods and scripts to a logger, at its own pace. A goroutine does so while there are
// any.
type scriptLogger struct {
	logger *slog.Logger

	mu      sync.Mutex
	lines   []scriptLine
	dropped int
	writing bool
}

type scriptLine struct {
	logger  *slog.Logger
	level   int
	message string
}

func newScriptLogger(logger *slog.Logger) *scriptLogger { return &scriptLogger{logger: logger} }

// with returns what a run logs to; args say whose messages they are. Levels are Ceph's, where a higher one is more talkative:
// 0 and below are shown, the rest is for debugging.
func (l *scriptLogger) with(args ...any) func(level int, message string) {
	logger := l.logger.With(args...)
	return func(level int, message string) {
		if logger.Enabled(context.Background(), severity(level)) {
			l.add(scriptLine{logger, level, message})
		}
	}
}

func severity(level int) slog.Level {
	if level > 0 {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

func (l *scriptLogger) add(line scriptLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == maxScriptLines {
		l.dropped++
		return
	}
	l.lines = append(l.lines, line)
	if !l.writing {
		l.writing = true
		go l.write()
	}
}

// write writes until nothing waits.
func (l *scriptLogger) write() {
	for {
		l.mu.Lock()
		lines, dropped := l.lines, l.dropped
		l.lines, l.dropped = nil, 0
		l.writing = len(lines) > 0
		l.mu.Unlock()
		if len(lines) == 0 {
			return
		}
		for _, line := range lines {
			line.logger.Log(context.Background(), severity(line.level), line.message, "level", line.level)
		}
		if dropped > 0 {
			l.logger.Warn("messages of scripts were dropped: they came faster than they could be written", "count", dropped)
		}
	}
}
