// This file is the script for bash.

package complete

import (
	"bytes"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Bash writes the script for bash: cobra's, and has it take an @ as a part of a word: bash splits words there, too, and it stands between
// a class and its version.
func Bash(root *cobra.Command, w io.Writer) error {
	var script bytes.Buffer
	if err := root.GenBashCompletionV2(&script, true); err != nil {
		return err
	}
	_, err := strings.NewReplacer(
		"_init_completion -n =:", "_init_completion -n =:@",
		`__objluad_handle_special_char "$cur" :`, `__objluad_handle_special_char "$cur" @; __objluad_handle_special_char "$cur" :`,
	).WriteString(w, script.String())
	return err
}
