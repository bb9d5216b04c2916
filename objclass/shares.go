// This file is the line in which methods wait for an execution, so that each tenant, and each group of a tenant's, gets its share.

package objclass

import (
	"container/list"
	"math"
)

// shares is a line in which that tenant comes next of which the fewest methods run, and of the tenant's groups that one of which the
// fewest run. Those that are equal take turns, and within a group who came first goes first. So tenants that all have somebody in line
// have equally many executions, however many calls each sends, and one that is alone has all.
type shares struct {
	tenants map[string]*tenantLine // none is empty
	order   list.List              // of *tenantLine: whose turn is next
	len     int
}

type tenantLine struct {
	name   string
	groups map[string]*group // none is empty
	order  list.List         // of *group: whose turn is next
	len    int
	place  *list.Element
}

type group struct {
	name  string
	line  list.List // of *execution
	place *list.Element
}

func newShares() shares { return shares{tenants: make(map[string]*tenantLine)} }

func (s *shares) join(e *execution) {
	t := s.tenants[e.tenant]
	if t == nil {
		t = &tenantLine{name: e.tenant, groups: make(map[string]*group)}
		t.place = s.order.PushBack(t)
		s.tenants[e.tenant] = t
	}
	g := t.groups[e.group]
	if g == nil {
		g = &group{name: e.group}
		g.place = t.order.PushBack(g)
		t.groups[e.group] = g
	}
	e.waiting = g.line.PushBack(e)
	t.len++
	s.len++
}

func (s *shares) leave(e *execution) {
	t := s.tenants[e.tenant]
	g := t.groups[e.group]
	g.line.Remove(e.waiting)
	if g.line.Len() == 0 {
		t.order.Remove(g.place)
		delete(t.groups, g.name)
	}
	if t.len--; t.len == 0 {
		s.order.Remove(t.place)
		delete(s.tenants, t.name)
	}
	s.len--
}

// serve has e, whose turn it is, leave. The others of its tenant and group come after those that are equal.
func (s *shares) serve(e *execution) {
	t := s.tenants[e.tenant]
	s.order.MoveToBack(t.place)
	t.order.MoveToBack(t.groups[e.group].place)
	s.leave(e)
}

// next returns whose turn it is while these run, of those that may start; nil if there is none.
func (s *shares) next(running []*execution, may func(*execution) bool) (next *execution) {
	for least, at := math.MaxInt, s.order.Front(); at != nil && least > 0; at = at.Next() {
		t := at.Value.(*tenantLine)
		n := 0
		for _, e := range running {
			if e.tenant == t.name {
				n++
			}
		}
		if n >= least {
			continue
		}
		if e := t.next(running, may); e != nil {
			next, least = e, n
		}
	}
	return next
}

func (t *tenantLine) next(running []*execution, may func(*execution) bool) (next *execution) {
	for least, at := math.MaxInt, t.order.Front(); at != nil && least > 0; at = at.Next() {
		g := at.Value.(*group)
		n := 0
		for _, e := range running {
			if e.tenant == t.name && e.group == g.name {
				n++
			}
		}
		if first := g.line.Front().Value.(*execution); n < least && may(first) {
			next, least = first, n
		}
	}
	return next
}

// waiting returns how many wait of a tenant, and how many of these of a group.
func (s *shares) waiting(tenant, group string) (ofTenant, ofGroup int) {
	t := s.tenants[tenant]
	if t == nil {
		return 0, 0
	}
	if g := t.groups[group]; g != nil {
		ofGroup = g.line.Len()
	}
	return t.len, ofGroup
}

// of returns who waits of a group, of whatever tenant.
func (s *shares) of(group string) (all []*execution) {
	for _, t := range s.tenants {
		if g := t.groups[group]; g != nil {
			for at := g.line.Front(); at != nil; at = at.Next() {
				all = append(all, at.Value.(*execution))
			}
		}
	}
	return all
}

// tenantShare times the places that are left is how many a tenant may have where calls wait. So one that is alone gets 7 of 8, two get
// 7 of 15 each, and each time something is left for the next.
const tenantShare = 7

// overShare reports whether a tenant that has so many places may have no further one while so many are left.
func overShare(has, left int) bool { return has > tenantShare*left }
