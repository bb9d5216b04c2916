//go:build lua54

// This file runs what takes long on threads of its own, which give way to all others.

package luavm

import (
	"runtime"
	"sync"
	"syscall"
	"time"
)

// background has threads of low priority. There are two reasons for it: the kernel lets whoever wakes up go before them; and
// the goroutine that asked, which often is the one that waited for the network last, waits in Go meanwhile, so that the
// runtime has another one wait for the network at once. Were it in C, that would be noticed up to 10 ms later.
type background struct {
	mu   sync.Mutex
	idle []chan func() // of threads; the last one was used last
}

// niceness of the threads, of -20 to 19.
const niceness = 10

// threadIdle is how long a thread waits for more work before it ends.
const threadIdle = 10 * time.Second

// do runs work on one of the threads, and returns when it is done. If it panics, so does do: on a goroutine without a caller
// that would end the process.
func (b *background) do(work func()) {
	panicked := make(chan any, 1)
	jobs := b.thread()
	jobs <- func() {
		defer func() { panicked <- recover() }()
		work()
	}
	p := <-panicked
	b.mu.Lock()
	b.idle = append(b.idle, jobs)
	b.mu.Unlock()
	if p != nil {
		panic(p)
	}
}

// thread returns where an idle thread takes its work from.
func (b *background) thread() chan func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.idle); n > 0 {
		last := b.idle[n-1]
		b.idle = b.idle[:n-1]
		return last
	}
	jobs := make(chan func(), 1)
	go b.serve(jobs)
	return jobs
}

// serve is a thread's life. Its priority cannot be raised again without privileges, so the thread ends with the goroutine,
// which stays locked to it.
func (b *background) serve(jobs chan func()) {
	runtime.LockOSThread()
	// On Linux this is the thread's, not the process's. Where it is refused, long runs are as urgent as the others.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness)
	idle := time.NewTimer(threadIdle)
	for {
		select {
		case work := <-jobs:
			work()
			idle.Reset(threadIdle)
		case <-idle.C:
			if b.withdraw(jobs) {
				return
			}
			idle.Reset(threadIdle)
		}
	}
}

// withdraw takes a thread out of the idle ones. It reports false if it is not one of them: it was just given work.
func (b *background) withdraw(jobs chan func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, other := range b.idle {
		if other == jobs {
			b.idle = append(b.idle[:i], b.idle[i+1:]...)
			return true
		}
	}
	return false
}
