// This file is the HTTP requests that say which version of a class calls run, and which versions stay.

package server

import (
	"context"
	"net/http"
	"strconv"

	"github.com/objluad/objluad/objclass"
)

// routeLifecycle adds the routes below a class; {name} may be name@version where a version is meant.
func (s *httpServer) routeLifecycle() {
	const class = "/v1/classes/{name}"
	classes := s.service.Classes()
	s.handle("DELETE "+class, s.removeClass)
	s.handle("POST "+class+"/activate", changeClass(classes.Activate))
	s.handle("POST "+class+"/rollback", changeClass(classes.Rollback))
	s.handle("PUT "+class+"/keep", changeClass(classes.Keep))
	s.handle("DELETE "+class+"/keep", changeClass(classes.Release))
	s.handle("PUT "+class+"/canary", s.setCanary)
	s.handle("DELETE "+class+"/canary", changeClass(classes.EndCanary))
	s.handle("POST "+class+"/canary/promote", changeClass(classes.PromoteCanary))
	s.handle("POST "+class+"/gc", func(w http.ResponseWriter, r *http.Request) error { return s.collect(w, r, r.PathValue("name")) })
	s.handle("POST /v1/classes/gc", func(w http.ResponseWriter, r *http.Request) error { return s.collect(w, r, allClasses) })
}

// changeClass makes a handler that changes the class or version of the path, and describes it.
func changeClass(change func(context.Context, string) (objclass.ClassInfo, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := parameters(r); err != nil {
			return err
		}
		info, err := change(r.Context(), r.PathValue("name"))
		if err != nil {
			return err
		}
		return writeJSON(w, newClassJSON(info))
	}
}

func (s *httpServer) removeClass(w http.ResponseWriter, r *http.Request) error {
	if _, err := parameters(r); err != nil {
		return err
	}
	if err := s.service.Classes().Remove(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *httpServer) setCanary(w http.ResponseWriter, r *http.Request) error {
	query, err := parameters(r, "percent")
	if err != nil {
		return err
	}
	percent, err := parsePercent(query.Get("percent"))
	if err != nil {
		return err
	}
	info, err := s.service.Classes().SetCanary(r.Context(), r.PathValue("name"), percent)
	if err != nil {
		return err
	}
	return writeJSON(w, newClassJSON(info))
}

func (s *httpServer) collect(w http.ResponseWriter, r *http.Request, name string) error {
	query, err := parameters(r, "unused_s", "dry_run")
	if err != nil {
		return err
	}
	unused := objclass.UnusedFor
	if text := query.Get("unused_s"); text != "" {
		if unused, err = parseUnused(text); err != nil {
			return err
		}
	}
	dryRun, err := boolParameter(query.Get("dry_run"), "dry_run")
	if err != nil {
		return err
	}
	specs, err := collect(r.Context(), s.service.Classes(), name, unused, dryRun)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		Versions []string `json:"versions"`
		DryRun   bool     `json:"dry_run"`
	}{append([]string{}, specs...), dryRun})
}

// boolParameter reads a parameter that is false when it is not given.
func boolParameter(text, name string) (bool, error) {
	if text == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		return false, inputError("%s is true or false, not %q", name, clip([]byte(text)))
	}
	return b, nil
}
