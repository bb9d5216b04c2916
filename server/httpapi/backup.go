// This file is the HTTP request that copies the store.

package httpapi

import "net/http"

func (s *Server) makeBackup(w http.ResponseWriter, r *http.Request) error {
	path, err := s.service.Backup(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		Path string `json:"path"`
	}{path})
}
