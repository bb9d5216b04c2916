// Package manual writes the man pages: what commands say of themselves, and behind it what is written in the folder sections.
package manual

import (
	"cmp"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sections has sections of the pages in Markdown: all.md those of every page, and others those of the page of that name.
//
//go:embed sections/*.md
var sections embed.FS

// Write writes the pages of a command and of all below it into a folder, and returns their names. They tell the program's version.
func Write(cmd *cobra.Command, dir, version string) (pages []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	pages = []string{pageName(cmd) + ".1"}
	if err := os.WriteFile(filepath.Join(dir, pages[0]), manPage(cmd, version), 0o666); err != nil {
		return nil, err
	}
	for _, sub := range cmd.Commands() {
		below, err := Write(sub, dir, version)
		if err != nil {
			return nil, err
		}
		pages = append(pages, below...)
	}
	return pages, nil
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage returns the page of one command: Markdown, which is made into what man reads.
func manPage(cmd *cobra.Command, version string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%% %q %q %q %q %q\n", strings.ToUpper(pageName(cmd)), "1", buildTime().Format(time.DateOnly), "objluad "+version, "objluad")
	fmt.Fprintf(&b, "# NAME\n\n%s - %s\n\n", escapeMarkdown(pageName(cmd)), escapeMarkdown(cmd.Short))
	fmt.Fprintf(&b, "# SYNOPSIS\n\n**%s** %s\n\n", escapeMarkdown(cmd.CommandPath()), escapeMarkdown(synopsis(cmd)))
	fmt.Fprintf(&b, "# DESCRIPTION\n\n%s\n", paragraphs(cmp.Or(cmd.Long, cmd.Short+".")))
	if list := subcommands(cmd); list != "" {
		fmt.Fprintf(&b, "# COMMANDS\n\n%s", list)
	}
	cmd.InitDefaultHelpFlag()
	for _, part := range []struct {
		title string
		flags *pflag.FlagSet
	}{{"OPTIONS", cmd.NonInheritedFlags()}, {"OPTIONS OF ALL COMMANDS", cmd.InheritedFlags()}} {
		if part.flags.HasAvailableFlags() {
			fmt.Fprintf(&b, "# %s\n\n%s", part.title, options(part.flags))
		}
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "# EXAMPLES\n\n```\n%s\n```\n\n", outdent(cmd.Example))
	}
	for _, name := range []string{pageName(cmd), "all"} {
		if text, err := sections.ReadFile("sections/" + name + ".md"); err == nil {
			b.Write(append(text, '\n'))
		}
	}
	if cmd.HasParent() {
		fmt.Fprintf(&b, "# SEE ALSO\n\n**%s**(1)\n", escapeMarkdown(pageName(cmd.Parent())))
	}
	return md2man.Render([]byte(b.String()))
}

// synopsis is the Use line behind the command's name.
func synopsis(cmd *cobra.Command) string {
	if cmd.HasSubCommands() {
		return "COMMAND"
	}
	_, rest, _ := strings.Cut(cmd.Use, " ")
	return strings.TrimSpace("[OPTION]... " + rest)
}

// subcommands lists them with their pages.
func subcommands(cmd *cobra.Command) string {
	var b strings.Builder
	for _, sub := range cmd.Commands() {
		fmt.Fprintf(&b, "**%s**(1)\n: %s.\n\n", escapeMarkdown(pageName(sub)), escapeMarkdown(sub.Short))
	}
	return b.String()
}

func options(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(flag *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(flag)
		name := "**--" + flag.Name + "**"
		if flag.Shorthand != "" {
			name = "**-" + flag.Shorthand + "**, " + name
		}
		if value != "" {
			name += " *" + escapeMarkdown(value) + "*"
		}
		if def := flag.DefValue; !slices.Contains([]string{"", "false", "0", "0s", "[]"}, def) {
			usage += "; default " + def
		}
		fmt.Fprintf(&b, "%s\n: %s.\n\n", name, escapeMarkdown(usage))
	})
	return b.String()
}

// outdent takes away the two spaces before each line.
func outdent(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, "  "), "\n  ", "\n")
}

// paragraphs returns a help text as Markdown. Indented lines stay as they are.
func paragraphs(text string) string {
	var b strings.Builder
	for _, part := range strings.Split(text, "\n\n") {
		if strings.HasPrefix(part, "  ") {
			fmt.Fprintf(&b, "```\n%s\n```\n\n", part)
		} else {
			fmt.Fprintf(&b, "%s\n\n", escapeMarkdown(part))
		}
	}
	return b.String()
}

var markdownEscapes = strings.NewReplacer("\\", "\\\\", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]", "<", "\\<", ">", "\\>", "#", "\\#", "|", "\\|")

func escapeMarkdown(s string) string { return markdownEscapes.Replace(s) }

// buildTime is the time of the commit that the program was built from, where that is known.
func buildTime() time.Time {
	info, _ := debug.ReadBuildInfo()
	if info != nil {
		for _, setting := range info.Settings {
			if t, err := time.Parse(time.RFC3339, setting.Value); err == nil && setting.Key == "vcs.time" {
				return t
			}
		}
	}
	return time.Now()
}
