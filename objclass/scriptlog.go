// This file is where the messages go that methods and scripts log.

package objclass

import (
	"context"
	"log/slog"
)

// scriptLog returns what a run logs to. Levels are Ceph's, where a higher one is more talkative: 0 and below are shown, the
// rest is for debugging.
func scriptLog(logger *slog.Logger) func(level int, message string) {
	return func(level int, message string) {
		severity := slog.LevelInfo
		if level > 0 {
			severity = slog.LevelDebug
		}
		logger.Log(context.Background(), severity, message, "level", level)
	}
}
