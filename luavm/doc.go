// Package luavm is the engine that runs methods in Lua 5.4: virtual machines for untrusted scripts, held by package
// panicguard.
//
// A C core (lv.h is its surface) makes, seals and runs VMs. It reaches its host through one table of functions, struct
// lv_host; host.go fills it with Go functions that act on an objclass.Object. A run of a method crosses from Go into C
// once.
//
// # Invariants
//
//   - A slot is one VM with an arena of its own, and serves one unit: one class version or one script. Each run starts from
//     the slot's image, so nothing that a run did can be seen by another.
//   - Lua runs in an activation of the guard, but for the calls that read what lv_load left on the stack and the one that
//     clears the hook before the image is taken, which neither allocate nor raise, and follow a success.
//   - A host function returns a status. The Lua error, or the jump, comes from C when the Go frame is gone. A Go panic in a
//     host function is recovered there and becomes the trap host.
//   - No pointer into the arena is kept by Go across a host call, and none into Go memory by C across a run.
//   - After the traps fault and host the slot is destroyed: what its memory holds is not known.
package luavm
