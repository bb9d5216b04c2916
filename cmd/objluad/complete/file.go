// This file completes the methods of a class in a file, which a workbench loads: no daemon is asked.

package complete

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/workbench"
)

// loadTimeout is for the class and all that it requires. One that does not end its loading is ended long before.
const loadTimeout = 5 * time.Second

// methodsOfFile offers the methods that a class registers. One that does not load has none.
func methodsOfFile(cmd *cobra.Command, file, word string) []cobra.Completion {
	folders, err := cmd.Flags().GetStringArray("lib")
	if err != nil {
		return nil
	}
	return within(loadTimeout, word, func(ctx context.Context) (list []cobra.Completion) {
		info, err := os.Stat(file)
		if err != nil || !info.Mode().IsRegular() { // of what is none, as a pipe, the command itself is to read
			return nil
		}
		class, err := workbench.Load(ctx, file, folders)
		if err != nil {
			return nil
		}
		for _, method := range class.Methods {
			list = append(list, cobra.CompletionWithDesc(method.Name, method.Flags.String()))
		}
		return list
	})
}
