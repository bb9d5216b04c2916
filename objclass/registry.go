// This file is the registry: it installs classes and finds what a call names.

package objclass

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/objluad/objluad/store"
)

// ClassInfo describes a class and one version of it.
type ClassInfo struct {
	Name          string
	Version       string // full hash; BuiltinVersion for the class lua
	Active        bool   // this version is the one that calls run by default
	ActiveVersion string // the one that is
	Methods       []Method
	Installed     time.Time    // when the version was first installed; zero for the class lua
	Size          int64        // bytes of source
	Source        []byte       // from Show only
	Versions      []string     // all installed versions, oldest first
	State         ClassState   // not to be changed
	Manifest      *Manifest    // nil when the version has none
	Quarantine    *Quarantined // nil when this daemon runs the version

	Requires   []Requirement
	RequiredBy []string // versions that require this one, as "class@version"; from Show only
}

// Registry installs classes and finds them. It is safe for concurrent use.
type Registry struct {
	objects    *objects
	admission  *admission
	executions *executions
	engine     Engine
	opts       *Options
	tuning     *atomic.Pointer[Tuning] // the service's
	logs       *scriptLogger
	quarantine *quarantine
	sources    sources

	// cache has the classes that were asked for, so that a call costs no read of the store. Readers take the map as it is;
	// it is replaced as a whole.
	cacheMu sync.Mutex
	cache   atomic.Pointer[map[string]*class]
	changes atomic.Uint64 // made by whatever daemon, as far as this one was told; raised under cacheMu

	shared store.Notifier // nil when this daemon has the store to itself
	watch  store.Watch
}

func newRegistry(s *Service) *Registry {
	objects := *s.objects
	objects.limits = store.Limits{}.WithDefaults() // whatever bounds the objects of clients
	r := &Registry{objects: &objects, admission: s.admission, executions: s.executions, engine: s.engine, opts: &s.opts, tuning: &s.tuning, logs: s.logs, quarantine: s.quarantine}
	r.cache.Store(&map[string]*class{})
	r.sources.limit = sourcesKept
	return r
}

// createPool creates the pool of the classes if it is missing.
func (r *Registry) createPool(ctx context.Context) error {
	err := r.objects.store.CreatePool(ctx, classPool)
	if err != nil && !errors.Is(err, store.ErrPoolExists) {
		return fmt.Errorf("pool %s, in which classes are kept: %w", classPool, err)
	}
	return nil
}

// Install compiles the source, runs its chunk, and stores it as a version of the class, which becomes the active one. A
// source that is installed already is only made active. Calls under way end on the version on which they began. It fails with
// EDQUOT when the class has too many versions, and none that may be collected.
func (r *Registry) Install(ctx context.Context, name string, source []byte) (ClassInfo, error) {
	return r.install(ctx, name, source, (*draft).activate)
}

// InstallInactive is Install without activation: until it is activated or made the canary, only calls that name the version
// run it. It fails with EINVAL when the class is not installed.
func (r *Registry) InstallInactive(ctx context.Context, name string, source []byte) (ClassInfo, error) {
	return r.install(ctx, name, source, func(*draft, string) {})
}

func (r *Registry) install(ctx context.Context, name string, source []byte, then func(*draft, string)) (ClassInfo, error) {
	if err := r.admission.enter(); err != nil {
		return ClassInfo{}, err
	}
	defer r.admission.leave()
	if err := checkClassName(name); err != nil {
		return ClassInfo{}, err
	}
	if err := checkNotReserved(name); err != nil {
		return ClassInfo{}, err
	}
	if err := checkSource(source, r.opts.MaxSource, KindClass); err != nil {
		return ClassInfo{}, err
	}
	unit, terms, err := r.build(ctx, name, source)
	if err != nil {
		return ClassInfo{}, err
	}
	c, err := r.change(ctx, name, func(d *draft) error {
		if err := d.overlay.Create(false); err != nil {
			return err
		}
		if d.was.version(unit.Version) == nil {
			if err := d.makeRoom(name); err != nil {
				return err
			}
			if err := addVersion(d.overlay, unit, terms); err != nil {
				return err
			}
		}
		then(d, unit.Version)
		if d.active == "" {
			return Errorf(syscall.EINVAL, KindClass, "class %s is not installed: its first version must be the active one", name)
		}
		return nil
	})
	if err != nil {
		return ClassInfo{}, err
	}
	installed := c.version(unit.Version)
	r.sources.keep(installed, unit)
	ctx = context.WithoutCancel(ctx) // what is checked is there, though its caller may go
	if err := r.checkRequired(ctx, name, terms.requires); err != nil {
		if undo := r.takeBack(ctx, name, unit.Version); undo != nil {
			r.opts.Logger.Error("a version stays installed that lacks what it requires", "class", name, "version", unit.Version, "err", undo)
		}
		return ClassInfo{}, err
	}
	return r.quarantine.describe(c.info(installed)), nil
}

// load has the engine make an image of the unit, in an execution that is kept for what may run long.
func (r *Registry) load(ctx context.Context, unit *Unit) (Loaded, error) {
	loading := &execution{group: unit.Name, pace: new(pace)}
	if err := r.executions.start(ctx, loading, r.opts.MaxWait); err != nil {
		return Loaded{}, err
	}
	defer r.executions.stop(loading)
	loaded, err := r.engine.Load(ctx, unit, r.tuning.Load().budget)
	if err != nil {
		return Loaded{}, loadError(unit, err)
	}
	return loaded, nil
}

// loadError says in the engine's error, which tells the line, what could not be done.
func loadError(unit *Unit, err error) error {
	e := *OpError(err)
	e.Message = unit.Name + " does not load: " + e.Message
	e.ClassVersion = unit.Version
	e.err = err
	return &e
}

// checkMethods refuses a class that nobody could use: with no method to call, and nothing to require it for.
func checkMethods(name string, loaded Loaded) error {
	if len(loaded.Methods) == 0 && !loaded.Value {
		return Errorf(syscall.EINVAL, KindClass,
			"class %s registers no method; register each with objclass.register(function) in the source", name)
	}
	for _, m := range loaded.Methods {
		if !utf8.ValidString(m.Name) {
			return Errorf(syscall.EINVAL, KindClass, "class %s: the name of method %q is not UTF-8", name, m.Name)
		}
	}
	return nil
}

// List describes the active version of each class that was installed, in order of their names.
func (r *Registry) List(ctx context.Context) ([]ClassInfo, error) {
	if err := r.admission.enter(); err != nil {
		return nil, err
	}
	defer r.admission.leave()
	var infos []ClassInfo
	err := r.eachClass(ctx, func(c *class) { infos = append(infos, r.quarantine.describe(c.info(c.active))) })
	return infos, err
}

// eachClass calls fn for each class as the store has it, in order of their names.
func (r *Registry) eachClass(ctx context.Context, fn func(*class)) error {
	return r.eachName(ctx, func(name string) error {
		c, err := r.refresh(ctx, name)
		if err == nil && c != nil {
			fn(c)
		}
		return err
	})
}

// eachName calls fn with the names of all classes in order, until it fails.
func (r *Registry) eachName(ctx context.Context, fn func(name string) error) error {
	for after, more := "", true; more; {
		var names []string
		var err error
		if names, more, err = r.objects.store.List(ctx, classPool, "", after, 1000); err != nil {
			return OpError(err)
		}
		for _, name := range names {
			if err := fn(name); err != nil {
				return err
			}
			after = name
		}
	}
	return nil
}

// Show describes the active version of a class, or the one named "class@version", with its source; or the class lua, which has
// neither.
func (r *Registry) Show(ctx context.Context, spec string) (ClassInfo, error) {
	if err := r.admission.enter(); err != nil {
		return ClassInfo{}, err
	}
	defer r.admission.leave()
	if spec == luaClass {
		return luaInfo(), nil
	}
	name, form, err := parseSpec(spec)
	if err != nil {
		return ClassInfo{}, err
	}
	if name == luaClass {
		return ClassInfo{}, errLuaVersion
	}
	c, err := r.refresh(ctx, name)
	if err != nil {
		return ClassInfo{}, err
	}
	if c == nil {
		return ClassInfo{}, r.unknownClass(ctx, name)
	}
	v, err := c.find(form)
	if err != nil {
		return ClassInfo{}, err
	}
	unit, err := r.unit(ctx, v)
	if err != nil {
		return ClassInfo{}, err
	}
	info := r.quarantine.describe(c.info(v))
	info.Source = slices.Clone(unit.Source)
	info.RequiredBy, err = r.requiredBy(ctx, v.class, v.version)
	return info, err
}

// Reset lets the version named "class@version", or all versions of a class, out of quarantine, and forgets their traps.
func (r *Registry) Reset(ctx context.Context, spec string) error {
	if err := r.admission.enter(); err != nil {
		return err
	}
	defer r.admission.leave()
	name, form, err := parseSpec(spec)
	if err != nil {
		return err
	}
	c, err := r.find(ctx, name)
	switch {
	case err != nil:
		return err
	case c == nil:
		return r.unknownClass(ctx, name)
	case form == "":
		r.quarantine.reset(name, "")
		return nil
	}
	v, err := c.find(form)
	if err == nil {
		r.quarantine.reset(name, v.version)
	}
	return err
}

// resolve finds the version that a call of "class" or "class@version" runs. It reads the store only for what it sees for
// the first time, or what another daemon may have changed.
func (r *Registry) resolve(ctx context.Context, spec string) (*classVersion, Role, error) {
	if c := (*r.cache.Load())[spec]; c != nil && r.current(c) { // the common case: no version, and known
		v, role := c.pick()
		return v, role, nil
	}
	name, form, err := parseSpec(spec)
	if err != nil {
		return nil, "", err
	}
	c, err := r.find(ctx, name)
	if err != nil {
		return nil, "", err
	}
	if c == nil {
		return nil, "", r.unknownClass(ctx, name)
	}
	return c.choose(form)
}

// find returns a class as it is; nil when it is not installed.
func (r *Registry) find(ctx context.Context, name string) (*class, error) {
	switch c := (*r.cache.Load())[name]; {
	case c == nil:
		return r.refresh(ctx, name)
	case r.current(c):
		return c, nil
	}
	return r.confirm(ctx, name)
}

// refresh reads a class from the store into the cache; nil when it is not installed.
func (r *Registry) refresh(ctx context.Context, name string) (*class, error) {
	since := r.now()
	var c *class
	err := r.objects.read(ctx, classRef(name), func(overlay *store.Overlay) error {
		c = nil
		if !overlay.Exists() {
			return nil
		}
		var err error
		if c, err = r.read(name, overlay); err != nil {
			return err
		}
		c.revision = overlay.Version()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r.put(name, c, since), nil
}

// unit returns what the engine runs for a version; its source is read when it is not in memory.
func (r *Registry) unit(ctx context.Context, v *classVersion) (*Unit, error) {
	if unit := v.unit.Load(); unit != nil {
		if !v.called.Load() { // most often it is: then nothing is written that other cores read
			v.called.Store(true)
		}
		return unit, nil
	}
	source, requires, err := r.stored(ctx, v.class, v.version)
	if errors.Is(err, syscall.EOPNOTSUPP) {
		return nil, Errorf(syscall.EOPNOTSUPP, KindClass, "class %s@%s %w", v.class, v.version, errRemoved)
	}
	if err != nil {
		return nil, err
	}
	a := r.assemble(v.class, source)
	for _, q := range requires {
		if err := a.require(ctx, q); err != nil {
			return nil, err
		}
	}
	unit := &a.unit
	unit.Version = v.version
	r.sources.keep(v, unit)
	return unit, nil
}

var errRemoved = errors.New("was removed")

func (r *Registry) unknownClass(ctx context.Context, name string) error {
	if name == luaClass {
		return Errorf(syscall.EOPNOTSUPP, KindClass, "class lua is built in, and has no versions")
	}
	if r.opts.HideClasses {
		return Errorf(syscall.EOPNOTSUPP, KindClass, "no class %s is installed", name)
	}
	names, _, err := r.objects.store.List(ctx, classPool, "", "", shownCandidates+1)
	if err != nil {
		return OpError(err)
	}
	return Errorf(syscall.EOPNOTSUPP, KindClass, "no class %s is installed; installed: %s", name, candidates(names))
}
