// Package objclass runs methods beside objects, as RADOS object classes do: it knows which classes are installed, gives a
// method its object, and makes what the method did one atomic commit, or nothing.
//
// # Invariants
//
//   - A method that fails for any reason, by a negative return value, an error or a trap, commits nothing. One that
//     changed nothing commits nothing either, and the object keeps its version.
//   - A method sees one version of its object, with its own writes, from beginning to end. What it commits applies only
//     if the object still has that version; otherwise the method is run again, from what the object is then.
//   - A method touches nothing that its class's manifest does not grant, neither to read nor to write it: it is refused with EPERM
//     before that has any effect.
//   - What a class requires are versions, pinned when it was installed. Its own version is made of them, too.
//   - A method without the flag WR, or in a call that is read-only, is refused every write with EPERM before the write has
//     any effect. It takes no lock and waits for no writer.
//   - A state that a store remembered, and that may be stale, is only shown to methods and writes that may change the object, and
//     their outcome only counts if the object turns out to have that state: by the commit, or by a look at the object.
//   - A call runs on one version of its class, whatever is installed meanwhile, and names it in its reply.
//   - Whoever holds an execution waits for no lock, and executions are given to holders of locks like to anyone: there is
//     no deadlock, and callers of one object cannot keep those of another from running.
//   - A killed call commits nothing, whether it waited, ran, or was about to commit. One that commits is not interrupted: to
//     kill it is an error, and the commit is made.
//   - A dry run commits nothing, and tells what the same call would have committed on the same state.
//   - The reply of a call with an idempotency key is committed with its effects: an object has both or neither. A call whose reply is
//     stored runs nothing.
//   - Every error is an *Error: errno, kind, message, and what is known of the version that ran and of what it used.
//
// # The life of a call
//
// Service.Exec leads it. Each step is one function: check the request, enter the house or be refused (admission), resolve
// the class version and method (Registry), refuse a version that keeps trapping (quarantine), take the object's lock if the
// method writes (lockTable), start an execution (executions), open a snapshot, which comes first where the store asks others
// for it, and lay an overlay over it (objects.overlay), run the method in the engine on an Object, unless the object has the
// reply of this very call (invokeOnce), commit the overlay's write set (objects.commit), and reply. A dry run tells of the write set instead.
//
// An Engine runs the methods; package luavm is one. This package knows no Lua, and is tested without it.
package objclass
