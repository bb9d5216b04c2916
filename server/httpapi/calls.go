// This file is the HTTP requests by which an operator sees and ends calls.

package httpapi

import (
	"net/http"
	"unicode/utf8"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
	"github.com/objluad/objluad/server/wire"
)

// callJSON describes a call that is under way.
type callJSON struct {
	ID        uint64 `json:"id"`
	State     string `json:"state"`
	Age       int64  `json:"age_us"`
	Ran       int64  `json:"run_us"`
	Pool      string `json:"pool"`
	Namespace string `json:"namespace"`
	OID       string `json:"oid,omitempty"`
	OIDBase64 []byte `json:"oid_base64,omitempty"` // when it is not UTF-8, which JSON cannot hold
	Class     string `json:"class"`
	Script    bool   `json:"script"`
	Method    string `json:"method"`
	Client    string `json:"client"`
	User      string `json:"user,omitempty"` // where the daemon has users
}

func newCallJSON(info objclass.CallInfo) callJSON {
	call := callJSON{
		ID:        info.ID,
		State:     info.State.String(),
		Age:       info.Age.Microseconds(),
		Ran:       info.Ran.Microseconds(),
		Pool:      info.Ref.Pool,
		Namespace: info.Ref.Namespace,
		Class:     info.Class,
		Script:    info.Script,
		Method:    info.Method,
		Client:    info.Client,
		User:      info.User,
	}
	if utf8.ValidString(info.Ref.OID) {
		call.OID = info.Ref.OID
	} else {
		call.OIDBase64 = []byte(info.Ref.OID)
	}
	return call
}

func (s *Server) listCalls(w http.ResponseWriter, r *http.Request) error {
	infos := access.VisibleCalls(userOf(r), s.service.Calls())
	list := struct {
		Calls []callJSON `json:"calls"`
	}{make([]callJSON, 0, len(infos))}
	for _, info := range infos {
		list.Calls = append(list.Calls, newCallJSON(info))
	}
	return writeJSON(w, list)
}

func (s *Server) killCall(w http.ResponseWriter, r *http.Request) error {
	id, err := wire.ParseCallID(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.service.Kill(id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
