// Package class is the commands about classes: those below "objluad class".
package class

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/cli"
)

// commands are all of them.
type commands struct{ *cli.App }

// Command returns the command class, with those below it.
func Command(app *cli.App) *cobra.Command {
	a := &commands{app}
	class := &cobra.Command{Use: "class", Short: "Install and show classes, and say which versions calls run", Args: cobra.NoArgs}
	source := false
	show := &cobra.Command{
		Use:   "show NAME[@VERSION]",
		Short: "Describe a class version",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.showClass(cmd.Context(), args[0], source) },
	}
	show.Flags().BoolVar(&source, "source", false, "print the source, and nothing else")
	inactive := false
	install := &cobra.Command{
		Use:   "install NAME FILE",
		Short: "Install a class version from a file and make it the active one, - is standard input",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.installClass(cmd.Context(), args[0], args[1], inactive)
		},
	}
	install.Flags().BoolVar(&inactive, "inactive", false, "leave the active version as it is")
	class.AddCommand(show, install, newClassDiff(a), newClassAPI(a), newClassLint(a),
		&cobra.Command{
			Use:   "list",
			Short: "List the classes with their active versions",
			Args:  cobra.NoArgs,
			RunE:  func(cmd *cobra.Command, _ []string) error { return a.listClasses(cmd.Context()) },
		},
		&cobra.Command{
			Use:   "reset NAME[@VERSION]",
			Short: "Let a class, or one version of it, out of quarantine",
			Args:  cobra.ExactArgs(1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.resetClass(cmd.Context(), args[0]) },
		})
	addStock(a, class)
	class.AddCommand(newLifecycle(a)...)
	return class
}

func (a *commands) installClass(ctx context.Context, name, file string, inactive bool) error {
	source, err := a.ReadFile(file)
	if err != nil {
		return err
	}
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		install := conn.InstallClass
		if inactive {
			install = conn.InstallClassInactive
		}
		version, err := install(ctx, name, source)
		if err != nil {
			return err
		}
		return a.printVersion(name, version)
	})
}

// classJSON describes a class version.
type classJSON struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	Active       bool              `json:"active"`
	Installed    time.Time         `json:"installed"`
	Size         int64             `json:"size"`
	Methods      map[string]string `json:"methods"`
	Versions     []string          `json:"versions"`
	Quarantine   *quarantineJSON   `json:"quarantine,omitempty"`
	Source       string            `json:"source,omitempty"`
	SourceBase64 []byte            `json:"source_base64,omitempty"` // when it is not UTF-8
	Manifest     json.RawMessage   `json:"manifest,omitempty"`
	Requires     map[string]string `json:"requires,omitempty"`
	RequiredBy   []string          `json:"required_by,omitempty"`
	stateJSON
}

type quarantineJSON struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	Trial bool      `json:"trial"`
	Traps int       `json:"traps"`
	Last  string    `json:"last"`
}

func newClassJSON(class client.Class) classJSON {
	c := classJSON{
		Name:      class.Name,
		Version:   class.Version,
		Active:    class.Active,
		Installed: class.Installed.UTC(),
		Size:      class.Size,
		Methods:   class.Methods,
		Versions:  class.Versions,
		Manifest:  class.Manifest,
		stateJSON: newStateJSON(class.ClassState),

		Requires:   class.Requires,
		RequiredBy: class.RequiredBy,
	}
	if q := class.Quarantine; q != nil {
		c.Quarantine = &quarantineJSON{q.Since.UTC(), q.Until.UTC(), q.Trial, q.Traps, q.Last}
	}
	if utf8.Valid(class.Source) {
		c.Source = string(class.Source)
	} else {
		c.SourceBase64 = class.Source
	}
	return c
}

func (a *commands) listClasses(ctx context.Context) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		classes, err := conn.ListClasses(ctx)
		if err != nil {
			return err
		}
		if a.JSON {
			list := make([]classJSON, 0, len(classes))
			for _, class := range classes {
				list = append(list, newClassJSON(class))
			}
			return a.PrintJSON(list)
		}
		table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tVERSION\tMETHODS")
		for _, class := range classes {
			quarantined := ""
			if class.Quarantine != nil {
				quarantined = " (quarantined)"
			}
			fmt.Fprintf(table, "%s\t%.12s%s\t%s\n", class.Name, class.Version, canaryText(class)+quarantined, methods(class))
		}
		return table.Flush()
	})
}

func (a *commands) showClass(ctx context.Context, spec string, source bool) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		class, err := conn.ShowClass(ctx, spec)
		switch {
		case err != nil:
			return err
		case a.JSON:
			return a.PrintJSON(newClassJSON(class))
		case source:
			_, err = a.Out.Write(class.Source)
			return err
		case class.Installed.IsZero():
			_, err = fmt.Fprintf(a.Out, "name:      %s\nversion:   %s\nmethods:   %s\n", class.Name, class.Version, methods(class))
			return err
		}
		var versions []string
		for _, version := range class.Versions {
			versions = append(versions, version+Marks(class, version))
		}
		_, err = fmt.Fprintf(a.Out, "name:      %s\nversion:   %s%s\ninstalled: %s\nsize:      %d\nmethods:   %s\nversions:  %s\n",
			class.Name, class.Version, Marks(class, class.Version), class.Installed.Format(time.RFC3339), class.Size, methods(class),
			strings.Join(versions, "\n           "))
		if err != nil {
			return err
		}
		if q := class.Quarantine; q != nil {
			_, err = fmt.Fprintf(a.Out, "quarantine: since %s until %s, after %d traps; last: %s\n",
				q.Since.Format(time.RFC3339), q.Until.Format(time.RFC3339), q.Traps, q.Last)
			if err != nil {
				return err
			}
		}
		return errors.Join(a.printRequires(class), a.printManifest(class.Manifest))
	})
}

func (a *commands) resetClass(ctx context.Context, spec string) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		if err := conn.ResetClass(ctx, spec); err != nil || !a.JSON {
			return err
		}
		return a.PrintJSON(map[string]any{"reset": spec})
	})
}

// printRequires prints what a version requires, and what requires it, if there is any.
func (a *commands) printRequires(class client.Class) error {
	var requires []string
	for _, as := range slices.Sorted(maps.Keys(class.Requires)) {
		requires = append(requires, as+" = "+class.Requires[as])
	}
	for _, list := range []struct {
		title string
		lines []string
	}{{"requires:  ", requires}, {"needed by: ", class.RequiredBy}} {
		if len(list.lines) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(a.Out, "%s%s\n", list.title, strings.Join(list.lines, "\n           ")); err != nil {
			return err
		}
	}
	return nil
}

// methods lists a class's methods with their flags.
func methods(class client.Class) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(class.Methods)) {
		list = append(list, fmt.Sprintf("%s(%s)", name, class.Methods[name]))
	}
	return strings.Join(list, " ")
}
