// This file is what an HTTP client is told for which there is no connection.

package httpapi

import (
	"bytes"
	"io"
	"net/http"
)

// refusal takes a response that nobody asked for yet.
type refusal struct {
	statusWriter
	body bytes.Buffer
}

func (r *refusal) Write(b []byte) (int, error) { return r.body.Write(b) }

// refusalBytes returns the bytes of a response that tells err and ends the connection.
func refusalBytes(err error) []byte {
	var answer refusal
	writeProblem(&answer, err)
	response := http.Response{
		StatusCode:    answer.status,
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        answer.header,
		ContentLength: int64(answer.body.Len()),
		Body:          io.NopCloser(&answer.body),
		Close:         true,
	}
	var b bytes.Buffer
	_ = response.Write(&b) // to memory it cannot fail
	return b.Bytes()
}
