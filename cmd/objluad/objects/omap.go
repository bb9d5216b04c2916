// This file is the subcommands about the omap, as rados has them.

package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
)

func newOmapCommands(a *commands) []*cobra.Command {
	return []*cobra.Command{
		{
			Use:   "listomapkeys OID",
			Short: "List the keys of an object's omap",
			Args:  cobra.ExactArgs(1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.listOmapKeys(cmd.Context(), args[0]) },
		}, {
			Use:   "listomapvals OID",
			Short: "List the keys of an object's omap with their values",
			Args:  cobra.ExactArgs(1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.listOmapValues(cmd.Context(), args[0]) },
		},
		withKey("getomapval OID KEY [FILE]", "Print the value of an omap key, or write it to a file, - is standard output", 0, 1,
			func(cmd *cobra.Command, oid, key string, args []string) error {
				return a.getOmapValue(cmd.Context(), oid, key, args)
			}),
		newSetOmapValue(a),
		withKey("rmomapkey OID KEY", "Remove an omap key", 0, 0, func(cmd *cobra.Command, oid, key string, _ []string) error {
			return a.change(cmd.Context(), func(ctx context.Context, ioctx *client.IOContext) (uint64, error) {
				return ioctx.RmOmapKeys(ctx, oid, []string{key})
			})
		}),
		{
			Use:   "clearomap OID...",
			Short: "Remove all omap keys of objects, and the header",
			Args:  cobra.MinimumNArgs(1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.clearOmap(cmd.Context(), args) },
		}, {
			Use:   "getomapheader OID [FILE]",
			Short: "Print the omap's header, or write it to a file, - is standard output",
			Args:  cobra.RangeArgs(1, 2),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.getOmapHeader(cmd.Context(), args[0], args[1:])
			},
		}, {
			Use:   "setomapheader OID VALUE",
			Short: "Set the omap's header",
			Args:  cobra.ExactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.change(cmd.Context(), func(ctx context.Context, ioctx *client.IOContext) (uint64, error) {
					return ioctx.SetOmapHeader(ctx, args[0], []byte(args[1]))
				})
			},
		},
	}
}

func newSetOmapValue(a *commands) *cobra.Command {
	file := ""
	cmd := withKey("setomapval OID KEY [VALUE]", "Set the value of an omap key; without VALUE to what standard input has", 0, 1,
		func(cmd *cobra.Command, oid, key string, args []string) error {
			value, err := a.value(args, file)
			if err != nil {
				return err
			}
			return a.change(cmd.Context(), func(ctx context.Context, ioctx *client.IOContext) (uint64, error) {
				return ioctx.SetOmap(ctx, oid, map[string][]byte{key: value})
			})
		})
	cmd.Flags().StringVar(&file, "input-file", "", "`file` with the value")
	return cmd
}

// withKey returns a command about an omap key. The key is an argument, or in a file: an argument can hold no NUL. Behind it
// there are min to max arguments.
func withKey(use, short string, min, max int, run func(cmd *cobra.Command, oid, key string, args []string) error) *cobra.Command {
	keyFile := ""
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			before := 2
			if keyFile != "" {
				before = 1
			}
			return cobra.RangeArgs(before+min, before+max)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if keyFile == "" {
				return run(cmd, args[0], args[1], args[2:])
			}
			key, err := os.ReadFile(keyFile)
			if err != nil {
				return err
			}
			return run(cmd, args[0], string(key), args[1:])
		},
	}
	cmd.Flags().StringVar(&keyFile, "omap-key-file", "", "`file` with the key, instead of KEY")
	return cmd
}

func (a *commands) listOmapKeys(ctx context.Context, oid string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		list := newListing(a)
		for key, err := range ioctx.ListOmapKeys(ctx, oid, "", "") {
			if err != nil {
				return err
			}
			list.addName(newKeyJSON(key), key)
		}
		return list.end()
	})
}

func (a *commands) listOmapValues(ctx context.Context, oid string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		list := newListing(a)
		for kv, err := range ioctx.ListOmapValues(ctx, oid, "", "") {
			if err != nil {
				return err
			}
			list.add(pairJSON{newKeyJSON(kv.Key), newValueJSON(kv.Value)}, func(out io.Writer) {
				if isPrintable(kv.Key) {
					fmt.Fprintln(out, kv.Key)
				} else {
					dump(out, fmt.Sprintf("key (%d bytes):", len(kv.Key)), []byte(kv.Key))
				}
				dumpValue(out, "value", kv.Value)
			})
		}
		return list.end()
	})
}

func (a *commands) getOmapValue(ctx context.Context, oid, key string, file []string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		value, err := ioctx.GetOmapValue(ctx, oid, key)
		if err != nil {
			if _, statErr := ioctx.Stat(ctx, oid); statErr == nil && errors.Is(err, syscall.ENOENT) && !a.JSON {
				fmt.Fprintf(a.Out, "No such key: %s/%s/%s\n", a.Pool, readable(oid), readable(key)) // rados does so, too
			}
			return err
		}
		return a.showValue("value", value, file)
	})
}

func (a *commands) getOmapHeader(ctx context.Context, oid string, file []string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		header, err := ioctx.GetOmapHeader(ctx, oid)
		if err != nil {
			return err
		}
		return a.showValue("header", header, file)
	})
}

// showValue writes a value to a file, if one is named, or else prints it for people.
func (a *commands) showValue(what string, value []byte, file []string) error {
	switch {
	case len(file) > 0:
		return a.saveBytes(file[0], value)
	case a.JSON:
		return a.PrintJSON(newValueJSON(value))
	}
	dumpValue(a.Out, what, value)
	return nil
}

func (a *commands) clearOmap(ctx context.Context, oids []string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		for _, oid := range oids {
			if _, err := ioctx.CleanOmap(ctx, oid); err != nil {
				return err
			}
		}
		if a.JSON {
			return a.PrintJSON(map[string]any{"cleared": len(oids)})
		}
		return nil
	})
}

// keyJSON is an omap key in JSON.
type keyJSON struct {
	Key       *string `json:"key,omitempty"`
	KeyBase64 []byte  `json:"key_base64,omitempty"`
}

func newKeyJSON(key string) keyJSON {
	if !utf8.ValidString(key) {
		return keyJSON{KeyBase64: []byte(key)}
	}
	return keyJSON{Key: &key}
}

// pairJSON is an omap pair in JSON.
type pairJSON struct {
	keyJSON
	valueJSON
}
