// This file is the attackers: they run hostile methods beside objects that must stay as they are.

package soak

import (
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/objluad/objluad/client"
)

//go:embed hostile.lua
var hostileClass string

// attacks are the methods of the class, and the error that each must end with. Only those that would not end are given
// little time: the others must fail by themselves, however slow the machine is.
var attacks = []struct {
	method, errno, kind string
	timeout             time.Duration
}{
	{"loop_in_pcall", "ETIMEDOUT", "trap:deadline", short},
	{"loop_in_coroutine", "ETIMEDOUT", "trap:deadline", short},
	{"coroutines", "ETIMEDOUT", "trap:deadline", short},
	{"pattern", "ETIMEDOUT", "trap:deadline", short},
	{"empty_rep", "ETIMEDOUT", "trap:deadline", short},
	{"loop_in_sort", "ETIMEDOUT", "trap:deadline", short},
	{"loop_in_tostring", "ETIMEDOUT", "trap:deadline", short},
	{"loop_of_operations", "ETIMEDOUT", "trap:deadline", short},
	{"memory", "ENOMEM", "trap:memory", ample},
	{"large_string", "ENOMEM", "trap:memory", ample},
	{"recursion", "ENOMEM", "trap:memory", ample},
	{"recursion_in_c", "EIO", "script", ample},
	{"uncaught", "EIO", "script", ample},
	{"errors_in_handlers", "EIO", "script", ample},
	{"fail", "ENOSPC", "op", ample},
	{"operation", "ENODATA", "op", ample},
	{"output", "EMSGSIZE", "op", ample},
}

const (
	short = 50 * time.Millisecond
	ample = time.Minute
	// scripts is how many different scripts there are: more than the 256 images that the daemon keeps.
	scripts = 300
)

// attack runs attacks, one after the other and each as a class's method and as a script, until told to stop.
func (s *soak) attack(t *testing.T, worker int) error {
	ioctx := s.dial(t)
	oid := fmt.Sprintf("victim-%d", worker)
	if _, err := ioctx.Exec(t.Context(), oid, "good", "keep", []byte("untouched"), client.Timeout(ample)); err != nil {
		return err
	}
	before, err := look(t, ioctx, oid)
	if err != nil {
		return err
	}
	for n := worker; !s.stop.Load(); n++ {
		a := attacks[n%len(attacks)]
		if rand.N(2) == 0 {
			_, err = ioctx.Exec(t.Context(), oid, "hostile", a.method, nil, client.Timeout(a.timeout))
		} else {
			script := fmt.Sprintf("%s-- %d", hostileClass, rand.N(scripts))
			_, err = ioctx.Eval(t.Context(), oid, []byte(script), a.method, nil, client.Timeout(a.timeout))
		}
		var e *client.Error
		if !errors.As(err, &e) || e.ErrnoName() != a.errno || a.kind != "" && e.Kind != a.kind {
			return fmt.Errorf("%s ended with %v, want %s %s", a.method, err, a.errno, a.kind)
		}
		after, err := look(t, ioctx, oid)
		if err != nil || after != before {
			return fmt.Errorf("after %s the object is %+v, was %+v, %v", a.method, after, before, err)
		}
		s.attacks.Add(1)
	}
	return nil
}

// object is all that can be seen of one.
type object struct {
	version uint64
	dump    string
}

func look(t *testing.T, ioctx *client.IOContext, oid string) (object, error) {
	st, err := ioctx.Stat(t.Context(), oid)
	if err != nil {
		return object{}, err
	}
	reply, err := ioctx.Exec(t.Context(), oid, "good", "dump", nil, client.Timeout(ample))
	return object{st.Version, string(reply.Output)}, err
}
