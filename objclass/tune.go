// This file changes a Service's bounds while it runs.

package objclass

import "time"

// Tuning is the bounds of a Service that may change while it runs. They mean what the fields of Options mean, and a zero field its default
// there.
type Tuning struct {
	Timeout    time.Duration // wall and CPU time of Options.Budget
	MaxTimeout time.Duration
	MaxOutput  int // output of Options.Budget
	Executions int
	Queue      int
	Quarantine QuarantineOptions

	budget Budget
}

func (o *Options) tuning() *Tuning {
	return &Tuning{o.Budget.Wall, o.MaxTimeout, o.Budget.Output, o.Executions, o.Queue, o.Quarantine, o.Budget}
}

// largest returns the most that a manifest may ask for.
func (t *Tuning) largest() Budget {
	most := t.budget
	most.Wall, most.CPU = t.MaxTimeout, t.MaxTimeout
	return most
}

// Tune sets the bounds of the calls that begin from now on. A call under way keeps the budget with which it began. Lower bounds of
// how many calls there may be let nobody in until those that are there are fewer; they end none.
func (s *Service) Tune(t Tuning) {
	opts := Options{
		Budget:     Budget{Wall: t.Timeout, CPU: t.Timeout, Output: t.MaxOutput, Memory: s.opts.Budget.Memory},
		MaxTimeout: t.MaxTimeout,
		Executions: t.Executions,
		Queue:      t.Queue,
		Quarantine: t.Quarantine,
	}.withDefaults()
	s.tuning.Store(opts.tuning())
	s.admission.resize(opts.Executions, opts.Queue)
	s.executions.resize(opts.Executions, longPlaces(opts.Executions), opts.Queue)
	s.objects.locks.maxWaiting.Store(int64(lineLimit(opts.Queue)))
	s.quarantine.tune(opts.Quarantine)
}

func (a *admission) resize(executions, queue int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.maxCalls = executions + queue
}

// resize gives places that are new to those who wait.
func (x *executions) resize(places, long, queue int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.setPlaces(places, long, queue)
	x.dispatch()
}

// tune sets the rules for traps and calls from now on. Without quarantine, nothing stays in it.
func (q *quarantine) tune(opts QuarantineOptions) {
	opts.setDefaults()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.opts = opts; opts.Traps > 0 {
		return
	}
	for name, b := range q.breakers {
		if b.open {
			q.logger.Info("class version is out of quarantine: there is none any more", "class", name.class, "version", name.version)
		}
		q.release(name)
	}
}
