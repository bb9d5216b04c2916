// Package cli is what all commands share: their streams, the global flags, the connection to the daemon, and how they print.
package cli

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/pflag"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/progress"
)

// App is the streams and the global flags.
type App struct {
	In  io.Reader
	Out io.Writer

	Pool      string
	Namespace string
	JSON      bool // print JSON

	Meter *progress.Meter // of the connection to the daemon

	addr  string
	login loginFlags
}

// New returns an app with these streams, and no flags yet.
func New(in io.Reader, out io.Writer) *App {
	return &App{In: in, Out: out, Meter: new(progress.Meter)}
}

const addrEnv = "OBJLUAD_ADDR"

// Env returns the names in the environment that the global flags take their defaults from.
func Env() []string { return append([]string{addrEnv}, loginEnv...) }

// AddFlags adds the global flags. The daemon is at defaultAddr if neither a flag nor the environment says where it is.
func (a *App) AddFlags(flags *pflag.FlagSet, defaultAddr string) {
	addr := os.Getenv(addrEnv)
	if addr == "" {
		addr = defaultAddr
	}
	flags.StringVar(&a.addr, "addr", addr, "`address` of the daemon's RESP listener; "+addrEnv+" in the environment")
	a.login.add(flags)
	flags.StringVarP(&a.Pool, "pool", "p", "default", "pool of the object")
	flags.StringVarP(&a.Namespace, "namespace", "N", "", "namespace of the object")
	flags.BoolVar(&a.JSON, "json", false, "print JSON, for machines")
}

// WithConn runs fn with a connection to the daemon.
func (a *App) WithConn(ctx context.Context, fn func(context.Context, *client.Conn) error) error {
	opts := client.Options{Traffic: a.Meter.Traffic()}
	if err := a.login.into(&opts); err != nil {
		return err
	}
	conn, err := client.DialOptions(a.addr, opts)
	if err != nil {
		return err
	}
	defer conn.Shutdown()
	return fn(ctx, conn)
}

// WithObjects runs fn with the pool and namespace of the global flags.
func (a *App) WithObjects(ctx context.Context, fn func(context.Context, *client.IOContext) error) error {
	return a.WithConn(ctx, func(ctx context.Context, conn *client.Conn) error { return fn(ctx, a.IOContext(conn)) })
}

// IOContext returns the pool and namespace of the global flags.
func (a *App) IOContext(conn *client.Conn) *client.IOContext {
	ioctx := conn.OpenIOContext(a.Pool)
	ioctx.SetNamespace(a.Namespace)
	return ioctx
}

// ReadFile returns a file's content; "-" is standard input.
func (a *App) ReadFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.In)
	}
	return os.ReadFile(name)
}

// PrintJSON prints a document of one line.
func (a *App) PrintJSON(v any) error {
	encoder := json.NewEncoder(a.Out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// OneLine replaces control characters, which an error of this machine may hold; the daemon's have none.
func OneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
