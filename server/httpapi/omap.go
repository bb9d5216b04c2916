// This file is the HTTP requests on omaps.

package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/objluad/objluad/server/limits"
	"github.com/objluad/objluad/store"
)

// pageBytes is the size of keys and values, with 128 bytes for each pair, after which a page ends.
const pageBytes = 4 << 20

// maxOmapChanges is how many pairs and keys a request may set and remove: as many as a RESP command has arguments.
const maxOmapChanges = limits.MaxParts

// listOmap answers with a page of pairs.
func (s *Server) listOmap(w http.ResponseWriter, r *http.Request) error {
	limit, err := pageLimit(r)
	if err != nil {
		return err
	}
	from := r.Form.Get("after")
	if r.Form.Has("after") {
		from += "\x00" // the first key behind it, also behind the empty one
	}
	return s.view(w, r, func(overlay *store.Overlay, _ store.Stat) (answer func() error, err error) {
		kvs, more, err := overlay.OmapPage(from, r.Form.Get("prefix"), limit, pageBytes)
		page := struct {
			Pairs []omapPairJSON `json:"pairs"`
			nextJSON
		}{Pairs: make([]omapPairJSON, 0, len(kvs))}
		for _, kv := range kvs {
			page.Pairs = append(page.Pairs, newOmapPairJSON(kv))
			page.nextJSON = newNextJSON(more, kv.Key)
		}
		return func() error { return writeJSON(w, page) }, err
	})
}

func (s *Server) getOmapValue(w http.ResponseWriter, r *http.Request) error {
	return s.viewValue(w, r, func(overlay *store.Overlay) ([]byte, error) { return overlay.OmapValue(r.PathValue("key")) })
}

func (s *Server) putOmapValue(w http.ResponseWriter, r *http.Request) error {
	value, err := readBody(w, r, "a value", s.opts.MaxInput)
	if err != nil {
		return err
	}
	return s.change(w, r, func(overlay *store.Overlay) error { return overlay.SetOmapValue(r.PathValue("key"), value) })
}

// deleteOmapKey removes a pair. Unlike a method's, the removal of one that is not there fails, as that of an object does.
func (s *Server) deleteOmapKey(w http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("key")
	return s.change(w, r, func(overlay *store.Overlay) error {
		if _, err := overlay.OmapValue(key); err != nil {
			return err
		}
		return overlay.RemoveOmapKey(key)
	})
}

// changeOmap sets and removes pairs: all that the body says, or nothing.
func (s *Server) changeOmap(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, "the body", s.opts.MaxInput)
	if err != nil {
		return err
	}
	set, remove, err := parseOmapChanges(body)
	if err != nil {
		return err
	}
	return s.change(w, r, func(overlay *store.Overlay) error {
		if len(set) > 0 || len(remove) == 0 { // who only removes does not mean to create an object
			if err := overlay.SetOmapValues(set); err != nil {
				return err
			}
		}
		for _, key := range remove {
			if err := overlay.RemoveOmapKey(key); err != nil {
				return err
			}
		}
		return nil
	})
}

// parseOmapChanges reads one pair after the other: in memory a short one takes many times as much as in the body.
func parseOmapChanges(body []byte) (set []store.KeyValue, remove []string, err error) {
	err = parseJSONLists(body, map[string]func(*json.Decoder) error{
		"set": func(list *json.Decoder) error {
			kv, err := decodePair(list, omapPairJSON.keyValue)
			set = append(set, kv)
			return err
		},
		"remove": func(list *json.Decoder) error {
			key, err := decodePair(list, omapPairJSON.removed)
			remove = append(remove, key)
			return err
		},
	}, maxOmapChanges)
	return set, remove, err
}

func (s *Server) clearOmap(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, (*store.Overlay).ClearOmap)
}

func (s *Server) getOmapHeader(w http.ResponseWriter, r *http.Request) error {
	return s.viewValue(w, r, (*store.Overlay).OmapHeader)
}

func (s *Server) putOmapHeader(w http.ResponseWriter, r *http.Request) error {
	header, err := readBody(w, r, "a header", s.opts.MaxInput)
	if err != nil {
		return err
	}
	return s.change(w, r, func(overlay *store.Overlay) error { return overlay.SetOmapHeader(header) })
}
