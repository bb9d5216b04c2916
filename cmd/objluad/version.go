// This file is the subcommands that tell about programs: this one, and the daemon.

package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
)

// version is the program's version; the release build sets it with -ldflags "-X main.version=…".
var version = ""

// programVersion returns version, or the one that the Go toolchain recorded.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			platform := runtime.GOOS + "/" + runtime.GOARCH
			if a.JSON {
				return a.PrintJSON(map[string]any{"version": programVersion(), "go": runtime.Version(), "platform": platform})
			}
			_, err := fmt.Fprintf(a.Out, "objluad %s (%s, %s)\n", programVersion(), runtime.Version(), platform)
			return err
		},
	}
}

func newPing(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "ping",
		Short: "Ask the daemon for a sign of life",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.WithConn(cmd.Context(), func(ctx context.Context, conn *client.Conn) error {
				if err := conn.Ping(ctx); err != nil {
					return err
				}
				if a.JSON {
					return a.PrintJSON(map[string]any{"pong": true})
				}
				_, err := fmt.Fprintln(a.Out, "PONG")
				return err
			})
		},
	}
}
