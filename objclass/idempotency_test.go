package objclass

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/objluad/objluad/store"
)

// keyed is a call of class test with an idempotency key.
func keyed(oid, method, key, input string) Call {
	return Call{Ref: ref(oid), Class: "test", Method: method, Input: []byte(input), IdempotencyKey: key}
}

// echoMethods change their object, and answer in different ways.
var echoMethods = map[string]testMethod{
	"append": onObject(func(o *Object, input []byte) ([]byte, error) {
		if err := o.Append(input); err != nil {
			return nil, err
		}
		return o.Read(0, 0)
	}),
	"ret": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
		return 7, nil, inv.Object.Append([]byte("r"))
	},
	"nothing": func(context.Context, *Invocation) (int32, []byte, error) { return 3, []byte("as ever"), nil },
	"fail": func(_ context.Context, inv *Invocation) (int32, []byte, error) {
		return -28, nil, inv.Object.Append([]byte("f"))
	},
	"remove":  onObject(func(o *Object, _ []byte) ([]byte, error) { return nil, o.Remove() }),
	"replace": onObject(func(o *Object, input []byte) ([]byte, error) { return nil, errors.Join(o.Remove(), o.WriteFull(input)) }),
	"large":   onObject(func(o *Object, _ []byte) ([]byte, error) { return make([]byte, 64<<10), o.Append([]byte("l")) }),
	"rdshow":  onObject(func(o *Object, _ []byte) ([]byte, error) { return o.Read(0, 0) }),
	"clear":   onObject(func(o *Object, _ []byte) ([]byte, error) { return nil, errors.Join(o.OmapClear(), o.WriteFull(nil)) }),
	"xattrs": onObject(func(o *Object, _ []byte) ([]byte, error) {
		if _, err := o.Xattr(store.RepliesXattr); store.Errno(err) != syscall.ENODATA {
			return nil, fmt.Errorf("the replies are to be seen: %w", err)
		}
		if store.Errno(o.SetXattr(store.RepliesXattr, nil)) != syscall.EINVAL || store.Errno(o.RemoveXattr(store.RepliesXattr)) != syscall.EINVAL {
			return nil, errors.New("the replies can be changed")
		}
		all, err := o.Xattrs()
		return fmt.Append(nil, len(all)), err
	}),
}

func TestRepeatedCallHasOneEffect(t *testing.T) {
	h := newHouse(t, Options{}, echoMethods)
	do := func(call Call) Reply {
		t.Helper()
		reply, err := h.Exec(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	first := do(keyed("o", "append", "k1", "a"))
	if first.Replayed || string(first.Output) != "a" {
		t.Errorf("first: %+v", first)
	}
	do(keyed("o", "append", "", "b"))
	do(keyed("o", "ret", "k2", ""))
	if _, err := h.Classes().Install(t.Context(), "test", []byte("append RD|WR\n-- another version")); err != nil {
		t.Fatal(err)
	}
	_, _, before := h.store.counts()
	again := do(keyed("o", "append", "k1", "a"))
	if !again.Replayed || string(again.Output) != "a" || again.ClassVersion != first.ClassVersion || again.Version != h.store.pools["p"][ref("o")].stat.Version || again.Usage != (Usage{}) {
		t.Errorf("again: %+v", again)
	}
	if _, _, now := h.store.counts(); now != before {
		t.Error("a replay has committed")
	}
	if got := h.data(t, "o"); got != "abr" {
		t.Errorf("the object has %q", got)
	}
	if reply := do(keyed("other", "append", "k1", "x")); reply.Replayed { // keys are an object's own
		t.Errorf("on another object: %+v", reply)
	}
	for name, call := range map[string]Call{
		"input":     keyed("o", "append", "k1", "b"),
		"method":    keyed("o", "append", "k2", ""),
		"version":   {Ref: ref("o"), Class: "test@" + first.ClassVersion, Method: "append", Input: []byte("a"), IdempotencyKey: "k1"},
		"script":    {Ref: ref("o"), Script: []byte("test"), Method: "append", Input: []byte("a"), IdempotencyKey: "k1"},
		"read-only": {Ref: ref("o"), Class: "test", Method: "append", Input: []byte("a"), IdempotencyKey: "k1", ReadOnly: true},
	} {
		_, err := h.Exec(t.Context(), call)
		wantError(t, err, syscall.EINVAL, KindInput, "used for another call")
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// What stores no reply, and what is refused, before it has an effect.
func TestRepliesThatAreNotStored(t *testing.T) {
	h := newHouse(t, Options{}, echoMethods)
	for range 2 {
		for _, method := range []string{"nothing", "rdshow"} {
			if reply, err := h.Exec(t.Context(), keyed("absent", method, "k", "")); err != nil || reply.Replayed || reply.Version != 0 {
				t.Errorf("%s: %+v, %v", method, reply, err)
			}
		}
		_, err := h.Exec(t.Context(), keyed("absent", "fail", "k2", ""))
		wantError(t, err, syscall.ENOSPC, KindOp, "")
	}
	if got := h.data(t, "absent"); got != "(absent)" {
		t.Errorf("an object was made: %q", got)
	}
	if _, err := h.Exec(t.Context(), keyed("o", "append", "k", "data")); err != nil {
		t.Fatal(err)
	}
	_, err := h.Exec(t.Context(), keyed("o", "remove", "k3", ""))
	wantError(t, err, syscall.EOPNOTSUPP, KindOp, "without an idempotency key")
	_, err = h.Exec(t.Context(), keyed("o", "large", "k4", ""))
	wantError(t, err, syscall.EMSGSIZE, KindOp, "the output has 65536 bytes")
	_, err = h.Exec(t.Context(), keyed("o", "append", strings.Repeat("k", 256), "x"))
	wantError(t, err, syscall.EINVAL, KindInput, "256 bytes")
	dry := keyed("o", "append", "k5", "x")
	dry.DryRun = true
	_, err = h.Exec(t.Context(), dry)
	wantError(t, err, syscall.EINVAL, KindInput, "dry run")
	if got := h.data(t, "o"); got != "data" {
		t.Errorf("the object has %q", got)
	}
	if _, err := h.Exec(t.Context(), keyed("o", "append", strings.Repeat("k", 255), "x")); err != nil {
		t.Error(err)
	}
}

// Replies stay through whatever methods do to their object, but for its removal, and methods do not see them.
func TestRepliesStay(t *testing.T) {
	h := newHouse(t, Options{}, echoMethods)
	for _, call := range []Call{
		keyed("o", "append", "k1", "a"), keyed("o", "replace", "k2", "b"), keyed("o", "clear", "", ""), keyed("o", "xattrs", "", ""), keyed("o", "ret", "k3", ""),
	} {
		reply, err := h.Exec(t.Context(), call)
		if err != nil || reply.Replayed {
			t.Fatalf("%s: %+v, %v", call.Method, reply, err)
		}
		if call.Method == "xattrs" && string(reply.Output) != "0" {
			t.Errorf("a method sees %s xattrs", reply.Output)
		}
	}
	for _, call := range []Call{keyed("o", "append", "k1", "a"), keyed("o", "replace", "k2", "b"), keyed("o", "ret", "k3", "")} {
		if reply, err := h.Exec(t.Context(), call); err != nil || !reply.Replayed {
			t.Errorf("%s: %+v, %v", call.IdempotencyKey, reply, err)
		}
	}
	if _, err := h.call(t.Context(), "o", "remove"); err != nil {
		t.Fatal(err)
	}
	if reply, err := h.Exec(t.Context(), keyed("o", "append", "k1", "a")); err != nil || reply.Replayed {
		t.Errorf("the object is another one: %+v, %v", reply, err)
	}
}

func TestRepliesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, Options{Replies: ReplyLimits{Count: 3, Bytes: 600, Age: time.Hour}}, echoMethods)
		do := func(key, input string) bool {
			t.Helper()
			reply, err := h.Exec(t.Context(), keyed("o", "append", key, input))
			if err != nil {
				t.Fatal(err)
			}
			return reply.Replayed
		}
		for _, key := range []string{"1", "2", "3", "4"} {
			do(key, "r")
		}
		for key, kept := range map[string]bool{"2": true, "3": true, "4": true} {
			if do(key, "r") != kept {
				t.Errorf("by number: key %s: kept %v", key, !kept)
			}
		}
		if do("1", "r") {
			t.Error("the oldest of four was kept")
		}
		do("5", strings.Repeat("x", 450)) // with 120 or so of its own: others have no room
		if do("4", "r") || do("1", "r") {
			t.Error("by bytes: replies were kept beside a large one")
		}
		if len(h.store.pools["p"][ref("o")].xattrs[store.RepliesXattr]) > 600 {
			t.Error("the replies are larger than they may be")
		}
		h2 := newHouse(t, Options{Replies: ReplyLimits{Age: time.Hour}}, echoMethods)
		h = h2
		do("old", "a")
		time.Sleep(59 * time.Minute)
		do("new", "b")
		if !do("old", "a") {
			t.Error("by age: a reply was dropped early")
		}
		time.Sleep(2 * time.Minute)
		if do("old", "other") || !do("old", "other") || !do("new", "b") {
			t.Error("by age: the wrong replies were kept")
		}
	})
}

// Calls with the same keys at once, of several daemons over one store that come in each other's way: each key has one effect.
func TestConcurrentRepeatsHaveOneEffect(t *testing.T) {
	mem := newMemStore("p")
	var houses []*house
	for range 3 {
		houses = append(houses, newHouseOver(t, mem, mem, Options{Retries: 1000}, map[string]testMethod{"inc": onObject(increment)}))
	}
	var replays atomic.Int64
	var outputs sync.Map
	var wg sync.WaitGroup
	for w := range 12 {
		wg.Go(func() {
			for i := range 50 {
				key := fmt.Sprint("key", i)
				reply, err := houses[w%3].Exec(t.Context(), keyed("o", "inc", key, ""))
				if err != nil {
					t.Error(err)
					return
				}
				if reply.Replayed {
					replays.Add(1)
				}
				if first, _ := outputs.LoadOrStore(key, string(reply.Output)); first != string(reply.Output) {
					t.Errorf("%s: %s and %s", key, first, reply.Output)
				}
			}
		})
	}
	wg.Wait()
	if got := len(houses[0].data(t, "o")); got != 50 || replays.Load() != 11*50 {
		t.Errorf("%d effects, %d replays", got, replays.Load())
	}
}

// Damage is told to those who have a key, and harms nobody else.
func TestDamagedReplies(t *testing.T) {
	h := newHouse(t, Options{}, echoMethods)
	if _, err := h.Exec(t.Context(), keyed("o", "append", "k", "a")); err != nil {
		t.Fatal(err)
	}
	xattrs := h.store.pools["p"][ref("o")].xattrs
	xattrs[store.RepliesXattr] = xattrs[store.RepliesXattr][:9]
	_, err := h.Exec(t.Context(), keyed("o", "append", "k", "a"))
	wantError(t, err, syscall.EIO, KindOp, "damaged")
	if _, err := h.call(t.Context(), "o", "append"); err != nil {
		t.Error(err)
	}
}

// What is stored is what is read, and no bytes make the reader fail otherwise than by an error.
func TestStoredReplies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var replies storedReplies
		var stored []byte
		limits := ReplyLimits{}.withDefaults(store.Limits{}.WithDefaults())
		for i := range rapid.IntRange(1, 5).Draw(t, "replies") {
			s := storedReply{
				key:     fmt.Sprint(i, rapid.String().Draw(t, "key")),
				version: rapid.String().Draw(t, "version"),
				at:      time.Unix(0, rapid.Int64Range(1, 1e12).Draw(t, "time")+int64(i)*1e12),
				ret:     rapid.Int32Min(0).Draw(t, "ret"),
				output:  rapid.SliceOf(rapid.Byte()).Draw(t, "output"),
			}
			copy(s.request[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "request"))
			var err error
			if stored, err = replies.with(s, &limits); err != nil {
				t.Fatal(err)
			}
			replies = append(replies, s)
		}
		got, err := decodeReplies(stored)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(replies) {
			t.Fatalf("%v\n%v\n%v", got, replies, err)
		}
		spoilt := append([]byte(nil), stored...)
		spoilt[rapid.IntRange(0, len(stored)-1).Draw(t, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		_, _ = decodeReplies(spoilt[:rapid.IntRange(0, len(spoilt)).Draw(t, "length")])
	})
}
