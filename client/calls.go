// This file is what an operator sees and ends: the calls that are under way.

package client

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// CallInfo describes a method call that is under way, of whatever client.
type CallInfo struct {
	ID        uint64 // rises from call to call, and never repeats while the daemon runs
	State     string // "resolving", "waiting-lock", "waiting-execution", "running", "committing" or "ending"
	Age       time.Duration
	Ran       time.Duration // how long its method has run
	Pool      string
	Namespace string
	OID       string
	Class     string // as the call names it; "eval" for a script
	Script    bool   // a script that was sent with the call
	Method    string // for a script its handler
	Client    string // address from which it came
	User      string // who made it; "" where the daemon has no users
}

// Target names pool and namespace as the wire does: "pool", or "pool/namespace".
func (c *CallInfo) Target() string {
	if c.Namespace == "" {
		return c.Pool
	}
	return c.Pool + "/" + c.Namespace
}

// Calls describes the method calls that are under way, oldest first.
func (c *Conn) Calls(ctx context.Context) ([]CallInfo, error) {
	list, err := c.do(ctx, "CALL.LIST").ToArray()
	if err != nil {
		return nil, callError(err)
	}
	calls := make([]CallInfo, len(list))
	for i := range list {
		fields, err := list[i].AsMap()
		if err != nil {
			return nil, err
		}
		if calls[i], err = readCallInfo(fields); err != nil {
			return nil, err
		}
	}
	return calls, nil
}

// Kill ends a call that waits or runs; it fails there with ECANCELED, and has changed nothing. Kill does not wait for that. It
// fails with ENOENT when no such call is under way, and with EINPROGRESS when it is too late because the call commits.
func (c *Conn) Kill(ctx context.Context, id uint64) error {
	return callError(c.do(ctx, "CALL.KILL", strconv.FormatUint(id, 10)).Error())
}

func readCallInfo(fields map[string]rueidis.RedisMessage) (CallInfo, error) {
	r := fieldReader{fields: fields}
	call := CallInfo{
		ID:        uint64(r.int("id")),
		State:     r.string("state"),
		Age:       time.Duration(r.int("age_us")) * time.Microsecond,
		Ran:       time.Duration(r.int("run_us")) * time.Microsecond,
		Pool:      r.string("pool"),
		Namespace: r.string("namespace"),
		OID:       r.string("oid"),
		Class:     r.string("class"),
		Method:    r.string("method"),
		Client:    r.string("client"),
		User:      r.string("user"),
	}
	script := fields["script"]
	var err error
	call.Script, err = script.AsBool()
	r.check("script", err)
	return call, r.err
}
