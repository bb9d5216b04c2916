// This file is the HTTP requests that install and show classes.

package httpapi

import (
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/wire"
)

// classJSON describes a class version.
type classJSON struct {
	Name      string       `json:"name"`
	Version   string       `json:"version"`
	Active    bool         `json:"active"`
	Installed time.Time    `json:"installed"`
	Size      int64        `json:"size"`
	Methods   []methodJSON `json:"methods"`
	Versions  []string     `json:"versions"`

	Manifest      *objclass.Manifest `json:"manifest,omitempty"`
	Requires      map[string]string  `json:"requires,omitempty"`    // as the source has it → "class@version"
	RequiredBy    []string           `json:"required_by,omitempty"` // "class@version" that the user may call or change; only where the class was asked for
	ActiveVersion string             `json:"active_version"`
	objclass.ClassState
	Quarantine *quarantineJSON `json:"quarantine,omitempty"`

	// One of them has the source, where it was asked for.
	Source       string `json:"source,omitempty"`
	SourceBase64 []byte `json:"source_base64,omitempty"` // when it is not UTF-8, which JSON cannot hold
}

type quarantineJSON struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	Trial bool      `json:"trial"`
	Traps int       `json:"traps"`
	Last  string    `json:"last"`
}

type methodJSON struct {
	Name  string `json:"name"`
	Flags string `json:"flags"`
}

func newClassJSON(info objclass.ClassInfo) classJSON {
	class := classJSON{
		Name:      info.Name,
		Version:   info.Version,
		Active:    info.Active,
		Installed: info.Installed,
		Size:      info.Size,
		Methods:   make([]methodJSON, 0, len(info.Methods)),
		Versions:  info.Versions,
		Manifest:  info.Manifest,

		ActiveVersion: info.ActiveVersion,
		ClassState:    info.State,

		Requires:   make(map[string]string),
		RequiredBy: info.RequiredBy,
	}
	for _, q := range info.Requires {
		class.Requires[q.As] = q.Module()
	}
	for _, m := range info.Methods {
		class.Methods = append(class.Methods, methodJSON{m.Name, wire.FlagNames(m.Flags)})
	}
	if q := info.Quarantine; q != nil {
		class.Quarantine = &quarantineJSON{q.Since.UTC(), q.Until.UTC(), q.Trial, q.Traps, wire.Printable(q.Last, wire.MaxMessage, false)}
	}
	if utf8.Valid(info.Source) {
		class.Source = string(info.Source)
	} else {
		class.SourceBase64 = info.Source
	}
	return class
}

func (s *Server) listClasses(w http.ResponseWriter, r *http.Request) error {
	infos, err := s.service.Classes().List(r.Context())
	if err != nil {
		return err
	}
	infos = access.VisibleClasses(userOf(r), infos)
	list := struct {
		Classes []classJSON `json:"classes"`
	}{make([]classJSON, 0, len(infos))}
	for _, info := range infos {
		list.Classes = append(list.Classes, newClassJSON(info))
	}
	return writeJSON(w, list)
}

func (s *Server) showClass(w http.ResponseWriter, r *http.Request) error {
	info, err := s.service.Classes().Show(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return writeJSON(w, newClassJSON(access.VisibleOfClass(userOf(r), info)))
}

func (s *Server) installClass(w http.ResponseWriter, r *http.Request) error {
	inactive, err := parseBool(r.Form, "inactive")
	if err != nil {
		return err
	}
	source, err := readBody(w, r, "a class", s.opts.MaxSource)
	if err != nil {
		return err
	}
	install := s.service.Classes().Install
	if inactive {
		install = s.service.Classes().InstallInactive
	}
	info, err := install(r.Context(), r.PathValue("name"), source)
	if err != nil {
		return err
	}
	return writeJSON(w, newClassJSON(info))
}

func (s *Server) resetClass(w http.ResponseWriter, r *http.Request) error {
	if err := s.service.Classes().Reset(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func writeJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n')) // a client that went away needs no answer
	return nil
}
