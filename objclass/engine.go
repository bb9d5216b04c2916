package objclass

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/objluad/objluad/store"
)

// Unit is what an engine makes one VM image from: the source of one class version, or of one script.
type Unit struct {
	Name    string // chunk name in error messages: "counter.lua" for class counter, "eval" for a script
	Version string // hex SHA-256 of the source and what it requires; two units of one name and version are equal
	Source  []byte // Lua source text
	Script  bool   // a script: its chunk runs in each call. A class's chunk runs once, when the image is made

	Requires map[string]int // what the chunk requires, as it has it, → place among Modules
	Modules  []Module       // that the unit requires, directly or not
}

// Module is the source of a class version that others require. Its chunk runs when the first of them asks for it, and gives
// them what it returns. What it registers, and its manifest, are nothing to them.
type Module struct {
	Name     string // chunk name, as that of a Unit
	Source   []byte
	Requires map[string]int // as that of a Unit
}

// size returns the bytes of all sources.
func (u *Unit) size() int64 {
	size := int64(len(u.Source))
	for i := range u.Modules {
		size += int64(len(u.Modules[i].Source))
	}
	return size
}

// Flags tell what a method may do.
type Flags uint8

const (
	RD Flags = 1 << iota // reads
	WR                   // writes; without it every write is refused with EPERM before it happens
)

// String returns the flags as a script writes them: "RD", "WR", "RD|WR", or "" for none.
func (f Flags) String() string {
	switch f & (RD | WR) {
	case RD:
		return "RD"
	case WR:
		return "WR"
	case RD | WR:
		return "RD|WR"
	default:
		return ""
	}
}

// Method is a function that a class registered.
type Method struct {
	Name  string // the function's global name
	Flags Flags
}

// Engine runs methods in guarded VMs. It is safe for concurrent use; how many invocations run at once is the caller's to
// bound. All its errors are *Error.
type Engine interface {
	// Load compiles the unit, runs its chunk if it is a class's, and returns what that told of itself. The engine keeps what
	// it built for Run. Load obeys the times of the budget that b gives. The error of a chunk that requires what the unit has
	// no module for is a *MissingModule, and so is that of a Run which has to load the unit again.
	Load(ctx context.Context, u *Unit, b Budget) (Loaded, error)
	// Run runs one method. The end of ctx ends it with TrapCanceled; WhenDone tells of it.
	Run(ctx context.Context, inv *Invocation) (Result, error)
	// Stats describes the engine's slots.
	Stats() EngineStats
	// Close frees all VMs. No Load or Run may be under way, and none may follow.
	Close()
}

// Loaded is what a class's chunk told when it ran.
type Loaded struct {
	Methods    []Method // that it registered, in order of their names
	Manifest   Table    // what it gave to objclass.manifest; nil when it gave none
	ManifestAt string   // where: "counter.lua:3: "
	ImageBytes int64    // of memory, that each run of a method begins with
	Value      bool     // the chunk returned something, which those get that require the class
}

// Budget bounds one run in the VM.
type Budget struct {
	Wall   time.Duration
	CPU    time.Duration
	Memory int64 // bytes; 0 is all that the engine gives to a VM
	Output int   // bytes of output; more is EMSGSIZE
}

// Invocation is one run of a method that the Service admitted.
type Invocation struct {
	Unit   *Unit
	Method string
	Input  []byte
	Object *Object // what host calls act on
	Ref    store.Ref
	Client string    // as Call.Client
	User   string    // as Call.User
	Class  string    // without a version; empty for a script
	Now    time.Time // when the run began, for the script; where it is zero, Run sets it
	Seed   Seed      // of the run's random stream; where it is zero, Run sets it when the script asks for one
	Budget Budget
	Long   bool                            // the run is expected to take long, and shall let others go first
	Log    func(level int, message string) // takes what the script logs
}

// Seed is what a run's random stream begins with. A run with the seed, the time, the object and the input of another one does
// what that did.
type Seed [32]byte

// DrawSeed returns the run's seed. If none was given, it takes one from the system's source of random numbers, and leaves it in Seed.
func (inv *Invocation) DrawSeed() Seed {
	if inv.Seed == (Seed{}) {
		rand.Read(inv.Seed[:]) // never fails
	}
	return inv.Seed
}

// Result is what a run brought back.
type Result struct {
	Ret    int32 // what the method returned; may be negative
	Output []byte
	Usage  Usage
}

// EngineStats is a moment's view of an engine.
type EngineStats struct {
	Slots      int   // VMs that exist
	Busy       int   // VMs that run
	ImageBytes int64 // bytes of pristine images kept
	Created    uint64
	Destroyed  uint64
}
