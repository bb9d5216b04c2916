// This file is the subcommands about xattrs, as rados has them.

package objects

import (
	"context"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
)

func newXattrCommands(a *commands) []*cobra.Command {
	return []*cobra.Command{
		{
			Use:   "listxattr OID",
			Short: "List the names of an object's xattrs",
			Args:  cobra.ExactArgs(1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.listXattrs(cmd.Context(), args[0]) },
		}, {
			Use:   "getxattr OID NAME",
			Short: "Print the value of an xattr",
			Args:  cobra.ExactArgs(2),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.getXattr(cmd.Context(), args[0], args[1]) },
		}, {
			Use:   "setxattr OID NAME [VALUE]",
			Short: "Set an xattr; without VALUE to what standard input has",
			Args:  cobra.RangeArgs(2, 3),
			RunE: func(cmd *cobra.Command, args []string) error {
				value, err := a.value(args[2:], "")
				if err != nil {
					return err
				}
				return a.change(cmd.Context(), func(ctx context.Context, ioctx *client.IOContext) (uint64, error) {
					return ioctx.SetXattr(ctx, args[0], args[1], value)
				})
			},
		}, {
			Use:   "rmxattr OID NAME",
			Short: "Remove an xattr",
			Args:  cobra.ExactArgs(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.change(cmd.Context(), func(ctx context.Context, ioctx *client.IOContext) (uint64, error) {
					return ioctx.RmXattr(ctx, args[0], args[1])
				})
			},
		},
	}
}

func (a *commands) listXattrs(ctx context.Context, oid string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		xattrs, err := ioctx.ListXattrs(ctx, oid)
		if err != nil {
			return err
		}
		list := newListing(a)
		for _, name := range slices.Sorted(maps.Keys(xattrs)) {
			list.addName(newListed(name), name)
		}
		return list.end()
	})
}

func (a *commands) getXattr(ctx context.Context, oid, name string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		value, err := ioctx.GetXattr(ctx, oid, name)
		switch {
		case err != nil:
			return err
		case a.JSON:
			return a.PrintJSON(newValueJSON(value))
		}
		_, err = a.Out.Write(value)
		return err
	})
}

// value returns the value that an argument is, a file has if one is named, or else standard input.
func (a *commands) value(args []string, file string) ([]byte, error) {
	switch {
	case file != "":
		return a.ReadFile(file)
	case len(args) > 0:
		return []byte(args[0]), nil
	}
	return a.ReadFile("-")
}

// valueJSON is a value in JSON, which can hold no bytes that are not UTF-8.
type valueJSON struct {
	Value       *string `json:"value,omitempty"`
	ValueBase64 []byte  `json:"value_base64,omitempty"`
}

func newValueJSON(value []byte) valueJSON {
	if !utf8.Valid(value) {
		return valueJSON{ValueBase64: value}
	}
	text := string(value)
	return valueJSON{Value: &text}
}
