// This file is about faults that are not the guard's: they must end a process, or not, as they do without it.

package panicguard_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/objluad/objluad/panicguard"
	"github.com/objluad/objluad/panicguard/internal/rig"
)

// In the environment of a child: what it shall do, and whether it has no guard.
const (
	crashVariable     = "PANICGUARD_CRASH"
	unguardedVariable = "PANICGUARD_UNGUARDED"
)

// zero is not known to the compiler.
var zero int

// crashes are what children do instead of running tests, on the process's first thread, to which the kernel gives most of the
// signals for the process. They do not return.
var crashes = map[string]func(){
	"nil dereference in Go": func() { var p *int; *p = 1 },
	"division in Go":        func() { fmt.Println(1 / zero) },
	"panic in Go":           func() { panic("at the disco") },
	"SIGSEGV in host code":  func() { crash(rig.HostSEGV) },
	"SIGBUS in host code":   func() { crash(rig.HostBUS) },
	"SIGFPE in host code":   func() { crash(rig.HostFPE) },
	"SIGILL in host code":   func() { crash(rig.HostILL) },
	"SIGABRT in host code":  func() { crash(rig.HostAbort) },

	"SIGSEGV in host code on a foreign thread": func() { crashOnThread(rig.HostSEGV) },
	"SIGBUS in host code on a foreign thread":  func() { crashOnThread(rig.HostBUS) },
	"SIGFPE in host code on a foreign thread":  func() { crashOnThread(rig.HostFPE) },
	"SIGILL in host code on a foreign thread":  func() { crashOnThread(rig.HostILL) },
	"SIGABRT in host code on a foreign thread": func() { crashOnThread(rig.HostAbort) },

	"nil dereference in a host call": func() {
		call := rig.NewCall(0, 0)
		call.RunGo(func() { var p *int; *p = 1 })
	},
	"spin in VM code": func() {
		thread := syscall.Gettid()
		go func() {
			for !rig.AnyInVM() {
				time.Sleep(time.Millisecond)
			}
			fmt.Println(thread)
		}()
		crash(rig.SpinDeaf)
	},
}

func crash(deed rig.Deed) {
	call := rig.NewCall(0, 0)
	call.Run(deed)
}

func crashOnThread(deed rig.Deed) {
	call := rig.NewCall(0, 0)
	call.RunOnThread(deed)
}

// crashIfAsked makes this process a child that crashes, if its environment says so.
func crashIfAsked() {
	what, ok := crashes[os.Getenv(crashVariable)]
	if !ok {
		return
	}
	syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	if os.Getenv(unguardedVariable) == "" {
		if err := panicguard.Init(); err != nil {
			panic(err)
		}
	}
	what()
	fmt.Fprintln(os.Stderr, "it did not crash")
	os.Exit(0)
}

// end is how a process ended: its wait status, and what Go reported, without addresses.
type end struct {
	status syscall.WaitStatus
	report string
}

var numbers = regexp.MustCompile(`0x[0-9a-f]+|[0-9]+`)

// report cuts what a dying Go program writes to the lines that say why.
func report(stderr []byte) string {
	why, _, _ := strings.Cut(string(stderr), "\n\n")
	return numbers.ReplaceAllString(why, "N")
}

// endOf runs a child that crashes, and returns how it ended. If there is a signal, the child spins in VM code, and the
// signal is sent to its process, or to the thread that spins.
func endOf(t *testing.T, what string, guarded bool, signal syscall.Signal, toThread bool) end {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashVariable+"="+what)
	if !guarded {
		cmd.Env = append(cmd.Env, unguardedVariable+"=1")
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if signal != 0 {
		var thread int
		if _, err := fmt.Fscan(bufio.NewReader(stdout), &thread); err != nil {
			t.Error(err)
		}
		send(t, cmd.Process.Pid, thread, signal, toThread)
	}
	cmd.Wait()
	return end{cmd.ProcessState.Sys().(syscall.WaitStatus), report(stderr.Bytes())}
}

func send(t *testing.T, process, thread int, signal syscall.Signal, toThread bool) {
	t.Helper()
	var err error
	if toThread {
		err = unix.Tgkill(process, thread, signal)
	} else {
		err = unix.Kill(process, signal)
	}
	if err != nil {
		t.Error(err)
	}
}

// Whatever is no fault of VM code ends the process just as it does without the guard: with the same status, and the same report.
func TestOtherFaultsEndTheProcess(t *testing.T) {
	for what := range crashes {
		if strings.HasPrefix(what, "spin") {
			continue
		}
		t.Run(what, func(t *testing.T) {
			without, with := endOf(t, what, false, 0, false), endOf(t, what, true, 0, false)
			if with != without {
				t.Errorf("with the guard: %v\nwithout: %v", with, without)
			}
			if !with.status.Signaled() && with.status.ExitStatus() != 2 {
				t.Errorf("ended with status %d: %s", with.status.ExitStatus(), with.report)
			}
			t.Logf("status %#x, %.80s", int(with.status), with.report)
		})
	}
}

// Signals that another process sends while VM code runs are no faults of it: they do what they do without the guard.
func TestSignalsSentAreForwarded(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGABRT} {
		for _, toThread := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v to thread %v", signal, toThread), func(t *testing.T) {
				const what = "spin in VM code"
				without, with := endOf(t, what, false, signal, toThread), endOf(t, what, true, signal, toThread)
				if !toThread { // the kernel may give it to any thread, and the report says what that one did
					without.report, _, _ = strings.Cut(without.report, "\n")
					with.report, _, _ = strings.Cut(with.report, "\n")
				}
				if with != without {
					t.Errorf("with the guard: %v\nwithout: %v", with, without)
				}
				t.Logf("status %#x, %.80s", int(with.status), with.report)
			})
		}
	}
}

// Faults of Go code that is recovered stay Go panics, on a thread that just had a trap, in host calls and elsewhere.
func TestGoFaultsStayPanics(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	faults := map[string]func(){
		"nil dereference": func() { var p *int; *p = 1 },
		"division":        func() { zero /= zero },
	}
	for name, fault := range faults {
		recovered := false
		recovering := func() {
			defer func() { _, recovered = recover().(runtime.Error) }()
			fault()
		}
		crash(rig.SEGV)
		recovering()
		if !recovered {
			t.Errorf("%s: no panic", name)
		}
		recovered = false
		call := rig.NewCall(0, 0)
		defer call.Free()
		if trap := call.RunGo(recovering); trap != panicguard.None || !recovered {
			t.Errorf("%s in a host call: recovered is %v, trap %d", name, recovered, trap)
		}
	}
}
