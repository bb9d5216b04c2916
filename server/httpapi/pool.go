// This file is the HTTP requests about pools.

package httpapi

import (
	"net/http"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
)

// poolJSON describes a pool.
type poolJSON struct {
	Name    string `json:"name"`
	Objects int64  `json:"objects"`
	Bytes   int64  `json:"bytes"`
}

func newPoolJSON(pool objclass.PoolUsage) poolJSON {
	return poolJSON{pool.Name, pool.Objects, pool.Bytes}
}

func (s *Server) listPools(w http.ResponseWriter, r *http.Request) error {
	names, err := s.service.Pools(r.Context())
	if err != nil {
		return err
	}
	names = access.VisiblePools(userOf(r), names)
	return writeJSON(w, struct {
		Pools []string `json:"pools"`
	}{append([]string{}, names...)})
}

func (s *Server) showPool(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("pool")
	usage, err := s.service.Usage(r.Context(), name)
	if err != nil {
		return err
	}
	return writeJSON(w, newPoolJSON(objclass.PoolUsage{Name: name, Usage: usage}))
}

func (s *Server) createPool(w http.ResponseWriter, r *http.Request) error {
	if err := s.service.CreatePool(r.Context(), r.PathValue("pool")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (s *Server) removePool(w http.ResponseWriter, r *http.Request) error {
	if err := s.service.RemovePool(r.Context(), r.PathValue("pool")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) disk(w http.ResponseWriter, r *http.Request) error {
	pools, space, err := s.service.Disk(r.Context())
	if err != nil {
		return err
	}
	answer := struct {
		Total     int64      `json:"total_bytes"`
		Available int64      `json:"available_bytes"`
		Pools     []poolJSON `json:"pools"`
	}{space.Total, space.Available, make([]poolJSON, 0, len(pools))}
	for _, pool := range pools {
		answer.Pools = append(answer.Pools, newPoolJSON(pool))
	}
	return writeJSON(w, answer)
}
