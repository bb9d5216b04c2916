package errno

import (
	"os"
	"testing"
)

func TestDescribe(t *testing.T) {
	if name, message := Describe(os.ErrDeadlineExceeded); name != "ETIMEDOUT" || message == "" {
		t.Errorf("Describe: %s, %s", name, message)
	}
}
