// This file is the subcommands that act on objects, as rados has them.

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
)

func newObjectCommands(a *app) []*cobra.Command {
	return []*cobra.Command{
		{
			Use:   "put OID FILE",
			Short: "Write an object from a file, - is standard input",
			Args:  cobra.ExactArgs(2),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.put(cmd.Context(), args[0], args[1]) },
		}, {
			Use:   "get OID FILE",
			Short: "Read an object into a file, - is standard output",
			Args:  cobra.ExactArgs(2),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.get(cmd.Context(), args[0], args[1]) },
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

func (a *app) put(ctx context.Context, oid, file string) error {
	data, err := a.readFile(file)
	if err != nil {
		return err
	}
	return a.withObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		version, err := ioctx.WriteFull(ctx, oid, data)
		if err != nil || !a.json {
			return err
		}
		return a.printJSON(map[string]any{"version": version, "size": len(data)})
	})
}

func (a *app) get(ctx context.Context, oid, file string) error {
	return a.withObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		data, err := ioctx.ReadFull(ctx, oid)
		if err != nil {
			return err
		}
		if file == "-" {
			_, err = a.out.Write(data)
			return err
		}
		if err := os.WriteFile(file, data, 0o666); err != nil || !a.json {
			return err
		}
		return a.printJSON(map[string]any{"size": len(data)})
	})
}

func (a *app) stat(ctx context.Context, oid string) error {
	return a.withObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		st, err := ioctx.Stat(ctx, oid)
		if err != nil {
			return err
		}
		if a.json {
			return a.printJSON(map[string]any{"size": st.Size, "mtime": st.ModTime.UTC(), "version": st.Version})
		}
		const layout = "2006-01-02T15:04:05.000000-0700" // as rados
		_, err = fmt.Fprintf(a.out, "%s/%s mtime %s, size %d\n", a.pool, oid, st.ModTime.In(time.Local).Format(layout), st.Size)
		return err
	})
}

// listed is an object in JSON, which can hold no bytes that are not UTF-8.
type listed struct {
	Name       string `json:"name,omitempty"`
	NameBase64 []byte `json:"name_base64,omitempty"`
}

func (a *app) list(ctx context.Context) error {
	return a.withObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		out := bufio.NewWriter(a.out)
		objects := []listed{}
		for oid, err := range ioctx.ListObjects(ctx) {
			switch {
			case err != nil:
				return err
			case !a.json:
				fmt.Fprintln(out, oid)
			case utf8.ValidString(oid):
				objects = append(objects, listed{Name: oid})
			default:
				objects = append(objects, listed{NameBase64: []byte(oid)})
			}
		}
		if a.json {
			return a.printJSON(objects)
		}
		return out.Flush()
	})
}

func (a *app) remove(ctx context.Context, oids []string) error {
	return a.withObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		for _, oid := range oids {
			if err := ioctx.Delete(ctx, oid); err != nil {
				return err
			}
		}
		if a.json {
			return a.printJSON(map[string]any{"removed": len(oids)})
		}
		return nil
	})
}

// readFile returns a file's content; "-" is standard input.
func (a *app) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.in)
	}
	return os.ReadFile(name)
}

func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
