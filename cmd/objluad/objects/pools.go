// This file is the subcommands about pools, as rados has them.

package objects

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/errno"
)

func newPoolCommands(a *commands) []*cobra.Command {
	sure := false
	remove := &cobra.Command{
		Use:   "rmpool POOL POOL --yes-i-really-really-mean-it",
		Short: "Remove a pool with all its objects, for good",
		Args:  cobra.RangeArgs(1, 2),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.removePool(cmd.Context(), args, sure) },
	}
	remove.Flags().BoolVar(&sure, "yes-i-really-really-mean-it", false, "confirm it")
	return []*cobra.Command{
		remove,
		{
			Use:   "lspools",
			Short: "List the pools",
			Args:  cobra.NoArgs,
			RunE:  func(cmd *cobra.Command, _ []string) error { return a.listPools(cmd.Context()) },
		}, {
			Use:   "mkpool POOL",
			Short: "Create a pool",
			Args:  cobra.ExactArgs(1),
			RunE:  func(cmd *cobra.Command, args []string) error { return a.makePool(cmd.Context(), args[0]) },
		}, {
			Use:   "df",
			Short: "Print what the pools have, and what room the store has",
			Args:  cobra.NoArgs,
			RunE:  func(cmd *cobra.Command, _ []string) error { return a.df(cmd.Context()) },
		},
	}
}

func (a *commands) listPools(ctx context.Context) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		names, err := conn.ListPools(ctx)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.PrintJSON(append([]string{}, names...))
		}
		for _, name := range names {
			fmt.Fprintln(a.Out, name)
		}
		return nil
	})
}

func (a *commands) makePool(ctx context.Context, name string) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		if err := conn.MakePool(ctx, name); err != nil || !a.JSON {
			return err
		}
		return a.PrintJSON(map[string]any{"created": name})
	})
}

func (a *commands) removePool(ctx context.Context, names []string, sure bool) error {
	if len(names) != 2 || names[0] != names[1] || !sure {
		return errno.Errorf(syscall.EPERM, "this destroys the pool with all its objects; if that is meant, name it twice, and add --yes-i-really-really-mean-it")
	}
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		if err := conn.DeletePool(ctx, names[0]); err != nil || !a.JSON {
			return err
		}
		return a.PrintJSON(map[string]any{"removed": names[0]})
	})
}

// poolJSON is what a pool has.
type poolJSON struct {
	Name    string `json:"name"`
	Objects uint64 `json:"objects"`
	Bytes   uint64 `json:"bytes"`
}

func (a *commands) df(ctx context.Context) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		stat, err := conn.GetClusterStats(ctx)
		if err != nil {
			return err
		}
		pools := make([]poolJSON, 0, len(stat.Pools))
		total := poolJSON{Name: "total"}
		for _, name := range slices.Sorted(maps.Keys(stat.Pools)) {
			pool := poolJSON{name, stat.Pools[name].Objects, stat.Pools[name].Bytes}
			pools = append(pools, pool)
			total.Objects += pool.Objects
			total.Bytes += pool.Bytes
		}
		if a.JSON {
			return a.PrintJSON(map[string]any{"pools": pools, "objects": total.Objects, "bytes": total.Bytes,
				"total_bytes": stat.Total, "available_bytes": stat.Available})
		}
		table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "POOL\tOBJECTS\tBYTES\t")
		for _, pool := range append(pools, total) {
			fmt.Fprintf(table, "%s\t%d\t%d\t\n", pool.Name, pool.Objects, pool.Bytes)
		}
		if err := table.Flush(); err != nil || stat.Total == 0 {
			return err
		}
		_, err = fmt.Fprintf(a.Out, "\n%d bytes available of %d\n", stat.Available, stat.Total)
		return err
	})
}
