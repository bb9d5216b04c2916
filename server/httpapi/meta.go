// This file is the answer to a call in JSON: with what is known of the run, and of a dry one what it would have committed.

package httpapi

import (
	"unicode/utf8"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

// metaJSON is the answer to a call.
type metaJSON struct {
	Ret          int32         `json:"ret"`
	Output       *string       `json:"output,omitempty"`
	OutputBase64 []byte        `json:"output_base64,omitempty"` // when it is not UTF-8, which JSON cannot hold
	Version      uint64        `json:"version"`
	ClassVersion string        `json:"class_version"`
	Usage        *problemUsage `json:"usage"`
	Replayed     *bool         `json:"replayed,omitempty"` // of a call with an idempotency key
}

func newMetaJSON(call *objclass.Call, reply *objclass.Reply) metaJSON {
	answer := metaJSON{
		Ret:          reply.Ret,
		Version:      reply.Version,
		ClassVersion: reply.ClassVersion,
		Usage:        newUsage(reply.Usage),
	}
	if call.IdempotencyKey != "" {
		answer.Replayed = &reply.Replayed
	}
	if utf8.Valid(reply.Output) {
		output := string(reply.Output)
		answer.Output = &output
	} else {
		answer.OutputBase64 = reply.Output
	}
	return answer
}

// dryRunJSON is the answer to a dry run.
type dryRunJSON struct {
	metaJSON
	Effects   []store.Effect `json:"effects"`
	Total     int            `json:"effects_total"`
	Truncated bool           `json:"truncated"`
}

func newDryRunJSON(call *objclass.Call, reply *objclass.Reply) dryRunJSON {
	return dryRunJSON{
		metaJSON:  newMetaJSON(call, reply),
		Effects:   append([]store.Effect{}, reply.Effects.List...), // an empty list is no null
		Total:     reply.Effects.Total,
		Truncated: reply.Effects.Truncated,
	}
}
