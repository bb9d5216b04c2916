// This file is the answer to a dry run in JSON.

package server

import (
	"unicode/utf8"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// dryRunJSON is the answer to a dry run.
type dryRunJSON struct {
	Ret          int32          `json:"ret"`
	Output       *string        `json:"output,omitempty"`
	OutputBase64 []byte         `json:"output_base64,omitempty"` // when it is not UTF-8, which JSON cannot hold
	Version      uint64         `json:"version"`
	ClassVersion string         `json:"class_version"`
	Usage        *problemUsage  `json:"usage"`
	Effects      []store.Effect `json:"effects"`
	Total        int            `json:"effects_total"`
	Truncated    bool           `json:"truncated"`
}

func newDryRunJSON(reply *objclass.Reply) dryRunJSON {
	answer := dryRunJSON{
		Ret:          reply.Ret,
		Version:      reply.Version,
		ClassVersion: reply.ClassVersion,
		Usage:        newUsage(reply.Usage),
		Effects:      append([]store.Effect{}, reply.Effects.List...), // an empty list is no null
		Total:        reply.Effects.Total,
		Truncated:    reply.Effects.Truncated,
	}
	if utf8.Valid(reply.Output) {
		output := string(reply.Output)
		answer.Output = &output
	} else {
		answer.OutputBase64 = reply.Output
	}
	return answer
}
