package objclass

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestScriptLogLevels(t *testing.T) {
	var out bytes.Buffer
	log := scriptLog(slog.New(slog.NewTextHandler(&out, nil)).With("class", "c"))
	log(0, "shown")
	log(10, "hidden")
	if got := out.String(); !strings.Contains(got, "msg=shown class=c") || strings.Contains(got, "hidden") {
		t.Errorf("logged %q", got)
	}
}
