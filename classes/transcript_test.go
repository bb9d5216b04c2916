// This file runs the transcripts: calls of a class's methods, and what they answer and leave in the object.
//
// A transcript is a file of the format of datadriven, and `go test ./classes -rewrite` writes what is answered now into it.
//
//	exec METHOD            calls the method for each line, with that line as its input, or once without any
//	exec METHOD quoted     the same; the lines are quoted as in Go
//	object NAME            the calls that follow are beside this object; each transcript begins beside one that is absent
//	clock SECONDS          sets the time that the class sees
//	dump                   shows the object
//	write, header, xattr NAME, omap KEY    put the line, quoted as in Go, there
//	create, remove         the object
package classes_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/cockroachdb/datadriven"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/classes"
	"github.com/objluad/objluad/luavm"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/pebblestore"
)

// newService starts a service over a store in memory.
func newService(t testing.TB) *objclass.Service {
	t.Helper()
	st, err := pebblestore.Open("data", pebblestore.Options{
		FS: vfs.NewMem(), CacheSize: 1 << 20, MemTableSize: 4 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := luavm.New(luavm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	service, err := objclass.NewService(st, engine, objclass.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Drain(context.Background()); err != nil {
			t.Error(err)
		}
		engine.Close()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := service.CreatePool(t.Context(), "default"); err != nil && objclass.OpError(err).Errno != uint64(syscall.EEXIST) {
		t.Fatal(err)
	}
	return service
}

// transcript is one that runs.
type transcript struct {
	service *objclass.Service
	class   classes.Class
	file    string
	object  string
}

func TestTranscripts(t *testing.T) {
	for _, class := range classes.All() {
		t.Run(class.Name, func(t *testing.T) {
			service := newService(t) // of its own: the versions that a transcript shows do not depend on others
			paths, err := filepath.Glob(filepath.Join(class.Name, "*.txt"))
			if err != nil || len(paths) == 0 {
				t.Fatalf("class %s has no transcripts: %v", class.Name, err)
			}
			for _, path := range paths {
				r := &transcript{service: service, class: class, file: path, object: "object"}
				r.install(t, 1e18)
				datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
					out := r.run(t, d)
					if out != "" && !strings.HasSuffix(out, "\n") {
						out += "\n"
					}
					return out
				})
			}
		})
	}
}

func (r *transcript) ref() store.Ref {
	return store.Ref{Pool: "default", Namespace: r.file, OID: r.object}
}

func (r *transcript) run(t *testing.T, d *datadriven.TestData) string {
	argument := func() string {
		if len(d.CmdArgs) != 1 {
			d.Fatalf(t, "%s takes one argument", d.Cmd)
		}
		return d.CmdArgs[0].Key
	}
	switch d.Cmd {
	case "exec":
		return r.exec(t, d)
	case "object":
		r.object = argument()
	case "clock":
		seconds, err := strconv.ParseFloat(argument(), 64)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		r.install(t, int64(math.Round(seconds*1e6))*1000)
	case "dump":
		return r.dump(t)
	case "create":
		r.change(t, func(o *store.Overlay) error { return o.Create(false) })
	case "remove":
		r.change(t, func(o *store.Overlay) error { return o.Remove() })
	case "write":
		r.change(t, func(o *store.Overlay) error { return o.WriteFull([]byte(unquote(t, d.Input))) })
	case "header":
		r.change(t, func(o *store.Overlay) error { return o.SetOmapHeader([]byte(unquote(t, d.Input))) })
	case "xattr":
		r.change(t, func(o *store.Overlay) error { return o.SetXattr(argument(), []byte(unquote(t, d.Input))) })
	case "omap":
		r.change(t, func(o *store.Overlay) error { return o.SetOmapValue(argument(), []byte(unquote(t, d.Input))) })
	default:
		d.Fatalf(t, "unknown command %s", d.Cmd)
	}
	return ""
}

func unquote(t *testing.T, text string) string {
	unquoted, err := strconv.Unquote(strings.TrimSpace(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return unquoted
}

// install installs the class, which sees that time and a caller of the transcripts. The code before its source is in its first line, and
// so changes no other one.
func (r *transcript) install(t *testing.T, nanoseconds int64) {
	source := fmt.Sprintf(`objclass.now = function() return %d end objclass.caller = function() return {client = "a test"} end `, nanoseconds)
	if _, err := r.service.Classes().Install(t.Context(), r.class.Name, []byte(source+string(r.class.Source))); err != nil {
		t.Fatal(err)
	}
}

func (r *transcript) exec(t *testing.T, d *datadriven.TestData) string {
	inputs := strings.Split(strings.TrimSuffix(d.Input, "\n"), "\n")
	var out strings.Builder
	for _, input := range inputs {
		if len(d.CmdArgs) > 1 {
			input = unquote(t, input)
		}
		reply, err := r.service.Exec(t.Context(), objclass.Call{
			Ref: r.ref(), Class: r.class.Name, Method: d.CmdArgs[0].Key, Input: []byte(input)})
		out.WriteString(outcome(reply, err))
		out.WriteByte('\n')
	}
	return out.String()
}

// outcome is how a transcript shows the end of a call.
func outcome(reply objclass.Reply, err error) string {
	var failed *objclass.Error
	switch {
	case errors.As(err, &failed):
		return fmt.Sprintf("%s %s: %s", failed.ErrnoName(), failed.Kind, failed.Message)
	case err != nil:
		return err.Error()
	}
	text := randomTag.ReplaceAllString(string(reply.Output), `"tag":"random"`)
	if text == "" || strconv.Quote(text) != `"`+text+`"` && !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		text = strconv.Quote(text)
	}
	if reply.Ret != 0 {
		text += fmt.Sprintf(" ret=%d", reply.Ret)
	}
	return text
}

func (r *transcript) change(t *testing.T, fn func(*store.Overlay) error) {
	if _, err := r.service.Update(t.Context(), r.ref(), fn); err != nil {
		t.Fatal(err)
	}
}

// dump shows all that the object has, one thing in a line.
func (r *transcript) dump(t *testing.T) string {
	var out strings.Builder
	err := r.service.View(t.Context(), r.ref(), func(o *store.Overlay) error {
		out.Reset()
		if !o.Exists() {
			out.WriteString("absent\n")
			return nil
		}
		data, err := o.Read(0, o.Size())
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "data %s\n", shown(data))
		xattrs, err := o.Xattrs()
		if err != nil {
			return err
		}
		for _, x := range xattrs {
			fmt.Fprintf(&out, "xattr %s %s\n", shown([]byte(x.Key)), shown(x.Value))
		}
		header, err := o.OmapHeader()
		if err != nil {
			return err
		}
		if len(header) > 0 {
			fmt.Fprintf(&out, "header %s\n", shown(header))
		}
		pairs, _, err := o.OmapList("", "", -1)
		for _, p := range pairs {
			fmt.Fprintf(&out, "omap %s %s\n", shown([]byte(p.Key)), shown(p.Value))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// shown quotes bytes unless they are JSON, which would be hard to read.
func shown(b []byte) string {
	if json.Valid(b) && utf8.Valid(b) && !bytes.Contains(b, []byte{'\n'}) {
		return randomTag.ReplaceAllString(string(b), `"tag":"random"`)
	}
	return strconv.Quote(string(b))
}

// randomTag is what class version makes; no transcript can foretell it.
var randomTag = regexp.MustCompile(`"tag":"[A-Za-z0-9_-]{24}"`)
