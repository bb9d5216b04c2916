// This file is the HTTP requests that say which version of a class calls run, and which versions stay.

package httpapi

import (
	"context"
	"net/http"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

// changeClass makes a handler that changes the class or version of the path, and describes it.
func changeClass(change func(*objclass.Registry, context.Context, string) (objclass.ClassInfo, error)) func(*Server, http.ResponseWriter, *http.Request) error {
	return func(s *Server, w http.ResponseWriter, r *http.Request) error {
		info, err := change(s.service.Classes(), r.Context(), r.PathValue("name"))
		if err != nil {
			return err
		}
		return writeJSON(w, newClassJSON(info))
	}
}

func (s *Server) removeClass(w http.ResponseWriter, r *http.Request) error {
	if err := s.service.Classes().Remove(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) setCanary(w http.ResponseWriter, r *http.Request) error {
	percent, err := wire.ParsePercent(r.Form.Get("percent"))
	if err != nil {
		return err
	}
	info, err := s.service.Classes().SetCanary(r.Context(), r.PathValue("name"), percent)
	if err != nil {
		return err
	}
	return writeJSON(w, newClassJSON(info))
}

func (s *Server) collectClass(w http.ResponseWriter, r *http.Request) error {
	return s.collect(w, r, r.PathValue("name"))
}

func (s *Server) collectClasses(w http.ResponseWriter, r *http.Request) error {
	return s.collect(w, r, wire.AllClasses)
}

func (s *Server) collect(w http.ResponseWriter, r *http.Request, name string) error {
	unused := objclass.UnusedFor
	if text := r.Form.Get("unused_s"); text != "" {
		var err error
		if unused, err = wire.ParseUnused(text); err != nil {
			return err
		}
	}
	dryRun, err := parseBool(r.Form, "dry_run")
	if err != nil {
		return err
	}
	specs, err := wire.Collect(r.Context(), s.service.Classes(), name, unused, dryRun)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		Versions []string `json:"versions"`
		DryRun   bool     `json:"dry_run"`
	}{append([]string{}, specs...), dryRun})
}
