// This file is the script for bash.

package complete

import (
	"bytes"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// joinAt has what is offered begin at the @: it is there that the word begins which bash replaces.
const joinAt = `[[ $COMP_WORDBREAKS == *@* && $cur == *@* ]] && COMPREPLY=("${COMPREPLY[@]#"${cur%@*}"}")
    `

// Bash writes the script for bash: cobra's, and has it take an @ as a part of a word, since it stands between a class and its version.
// With hostcomplete, which is on unless bash-completion has turned it off, bash splits words there, too.
func Bash(root *cobra.Command, w io.Writer) error {
	var script bytes.Buffer
	if err := root.GenBashCompletionV2(&script, true); err != nil {
		return err
	}
	const colon = `__objluad_handle_special_char "$cur" :`
	_, err := strings.NewReplacer("_init_completion -n =:", "_init_completion -n =:@", colon, joinAt+colon).WriteString(w, script.String())
	return err
}
