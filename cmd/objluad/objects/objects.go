// Package objects is the commands that act on objects and pools, as rados has them.
package objects

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
)

// commands are all of them.
type commands struct{ *cli.App }

// Commands returns the commands.
func Commands(app *cli.App) []*cobra.Command {
	a := &commands{app}
	return slices.Concat(newPoolCommands(a), newObjectCommands(a), newXattrCommands(a), newOmapCommands(a))
}

func newObjectCommands(a *commands) []*cobra.Command {
	return []*cobra.Command{
		newPut(a),
		{
			Use:   "get OID FILE",
			Short: "Read an object into a file, - is standard output",
			Args:  cobra.ExactArgs(2),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.get(cmd.Context(), args[0], args[1]) },
		}, {
			Use:   "append OID FILE",
			Short: "Write a file at the end of an object, - is standard input",
			Args:  cobra.ExactArgs(2),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.append(cmd.Context(), args[0], args[1]) },
		}, {
			Use:   "truncate OID SIZE",
			Short: "Cut an object off behind so many bytes, or extend it by zeros",
			Args:  cobra.ExactArgs(2),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.truncate(cmd.Context(), args[0], args[1]) },
		}, {
			Use:   "create OID",
			Short: "Create an object that does not exist",
			Args:  cobra.ExactArgs(1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.create(cmd.Context(), args[0]) },
		}, {
			Use:   "stat OID",
			Short: "Print an object's modification time and size",
			Args:  cobra.ExactArgs(1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.stat(cmd.Context(), args[0]) },
		}, {
			Use:   "ls",
			Short: "List the objects of a pool's namespace",
			Args:  cobra.NoArgs,
			RunE:  func(cmd *cobra.Command, _ []string) error { return a.list(cmd.Context()) },
		}, {
			Use:   "rm OID...",
			Short: "Remove objects",
			Args:  cobra.MinimumNArgs(1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.remove(cmd.Context(), args) },
		},
	}
}

func (a *commands) truncate(ctx context.Context, oid, size string) error {
	n, err := strconv.ParseUint(size, 10, 63)
	if err != nil {
		return errno.Errorf(syscall.EINVAL, "a size is a number of bytes from 0, not %q", size)
	}
	return a.change(ctx, func(ctx context.Context, ioctx *client.IOContext) (uint64, error) { return ioctx.Truncate(ctx, oid, n) })
}

func (a *commands) create(ctx context.Context, oid string) error {
	return a.change(ctx, func(ctx context.Context, ioctx *client.IOContext) (uint64, error) {
		return ioctx.Create(ctx, oid, client.CreateExclusive)
	})
}

// change runs a change of an object that returns its new version.
func (a *commands) change(ctx context.Context, fn func(context.Context, *client.IOContext) (uint64, error)) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		version, err := fn(ctx, ioctx)
		if err != nil || !a.JSON {
			return err
		}
		return a.PrintJSON(map[string]any{"version": version})
	})
}

func (a *commands) stat(ctx context.Context, oid string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		st, err := ioctx.Stat(ctx, oid)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.PrintJSON(map[string]any{"size": st.Size, "mtime": st.ModTime.UTC(), "version": st.Version})
		}
		const layout = "2006-01-02T15:04:05.000000-0700" // as rados, which asks for seconds
		mtime := st.ModTime.In(time.Local).Truncate(time.Second).Format(layout)
		_, err = fmt.Fprintf(a.Out, "%s/%s mtime %s, size %d\n", a.Pool, readable(oid), mtime, st.Size)
		return err
	})
}

// listed is the name of an object or xattr in JSON, which can hold no bytes that are not UTF-8.
type listed struct {
	Name       *string `json:"name,omitempty"`
	NameBase64 []byte  `json:"name_base64,omitempty"`
}

func newListed(name string) listed {
	if !utf8.ValidString(name) {
		return listed{NameBase64: []byte(name)}
	}
	return listed{Name: &name}
}

func (a *commands) list(ctx context.Context) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		list := newListing(a)
		for oid, err := range ioctx.ListObjects(ctx) {
			if err != nil {
				return err
			}
			list.addName(newListed(oid), oid)
		}
		return list.end()
	})
}

func (a *commands) remove(ctx context.Context, oids []string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		for _, oid := range oids {
			if err := ioctx.Delete(ctx, oid); err != nil {
				return err
			}
		}
		if a.JSON {
			return a.PrintJSON(map[string]any{"removed": len(oids)})
		}
		return nil
	})
}
