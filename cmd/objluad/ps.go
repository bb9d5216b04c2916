// This file is the subcommands that show and end the calls of all clients.

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/top"
)

func newOperatorCommands(a *app) []*cobra.Command {
	return []*cobra.Command{
		{
			Use:   "ps",
			Short: "List the method calls that are under way, oldest first",
			Long: `List the method calls of all clients that are under way, oldest first. A call is resolving its class, waiting-lock,
waiting-execution, running, committing, or ending when it was killed.`,
			Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return a.listCalls(cmd.Context()) },
		}, {
			Use:   "kill ID...",
			Short: "End method calls that wait or run; what they were to change stays as it is",
			Long: `End method calls that wait or run; objluad ps lists them. A killed call fails with ECANCELED at its client, and has changed
nothing. One that commits is not interrupted: EINPROGRESS. All calls that can be killed are, also when another one cannot.`,
			Args: cobra.MinimumNArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return a.kill(cmd.Context(), args) },
		},
	}
}

// callJSON describes a call.
type callJSON struct {
	ID        uint64 `json:"id"`
	State     string `json:"state"`
	Age       int64  `json:"age_us"`
	Ran       int64  `json:"run_us"`
	Pool      string `json:"pool"`
	Namespace string `json:"namespace"`
	OID       string `json:"oid,omitempty"`
	OIDBase64 []byte `json:"oid_base64,omitempty"` // when it is not UTF-8
	Class     string `json:"class"`
	Script    bool   `json:"script"`
	Method    string `json:"method"`
	Client    string `json:"client"`
	User      string `json:"user,omitempty"` // where the daemon has users
}

func newCallJSON(call client.CallInfo) callJSON {
	c := callJSON{
		ID:        call.ID,
		State:     call.State,
		Age:       call.Age.Microseconds(),
		Ran:       call.Ran.Microseconds(),
		Pool:      call.Pool,
		Namespace: call.Namespace,
		Class:     call.Class,
		Script:    call.Script,
		Method:    call.Method,
		Client:    call.Client,
		User:      call.User,
	}
	if utf8.ValidString(call.OID) {
		c.OID = call.OID
	} else {
		c.OIDBase64 = []byte(call.OID)
	}
	return c
}

func (a *app) listCalls(ctx context.Context) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		calls, err := conn.Calls(ctx)
		if err != nil {
			return err
		}
		if a.JSON {
			list := make([]callJSON, 0, len(calls))
			for _, call := range calls {
				list = append(list, newCallJSON(call))
			}
			return a.PrintJSON(list)
		}
		return printCalls(a.Out, calls)
	})
}

// printCalls prints a table of calls. It has a column of users where the daemon has users.
func printCalls(out io.Writer, calls []client.CallInfo) error {
	users := slices.ContainsFunc(calls, func(call client.CallInfo) bool { return call.User != "" })
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(cells ...string) {
		if !users {
			cells = slices.Delete(cells, len(cells)-2, len(cells)-1)
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	line("ID", "AGE", "STATE", "POOL", "OID", "CLASS", "METHOD", "USER", "CLIENT")
	for _, call := range calls {
		line(strconv.FormatUint(call.ID, 10), call.Age.Round(time.Millisecond).String(), call.State,
			top.Word(call.Target()), top.Word(call.OID), top.Word(call.Class), top.Word(call.Method), top.Word(call.User), call.Client)
	}
	return table.Flush()
}

// kill ends the calls of all ids that can be ended, and fails with the first that cannot.
func (a *app) kill(ctx context.Context, args []string) error {
	ids := make([]uint64, len(args))
	for i, arg := range args {
		var err error
		if ids[i], err = strconv.ParseUint(arg, 10, 64); err != nil {
			return errno.Errorf(syscall.EINVAL, "a call's id is a number, not %q; objluad ps lists them", arg)
		}
	}
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error {
		var first error
		for _, id := range ids {
			if err := conn.Kill(ctx, id); err != nil && first == nil {
				first = err
			}
		}
		if first == nil && a.JSON {
			return a.PrintJSON(map[string]any{"killed": len(ids)})
		}
		return first
	})
}
