// This file is names, keys and values in the JSON of HTTP: text where they are UTF-8, base64 where not.

package server

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/objluad/objluad/store"
)

// isText reports whether JSON can hold b. The character that stands for what is no UTF-8 cannot be told from a replaced one, so it counts
// as none.
func isText(b string) bool { return utf8.ValidString(b) && !strings.ContainsRune(b, utf8.RuneError) }

// textJSON returns b for a field of text, or for one of base64.
func textJSON(b []byte) (text *string, base64 []byte) {
	if s := string(b); isText(s) {
		return &s, nil
	}
	return nil, b
}

// bytesOf returns what one of two fields has.
func bytesOf(name string, text *string, base64 []byte) ([]byte, error) {
	switch {
	case (text == nil) == (base64 == nil):
		return nil, inputError("a pair has %s or %s_base64, one of them", name, name)
	case text == nil:
		return base64, nil
	case !isText(*text):
		return nil, inputError("a %s is not UTF-8: send it as %s_base64", name, name)
	}
	return []byte(*text), nil
}

// omapPairJSON is an omap pair, or its key alone.
type omapPairJSON struct {
	Key         *string `json:"key,omitempty"`
	KeyBase64   []byte  `json:"key_base64,omitempty"`
	Value       *string `json:"value,omitempty"`
	ValueBase64 []byte  `json:"value_base64,omitempty"`
}

func newOmapPairJSON(kv store.KeyValue) (pair omapPairJSON) {
	pair.Key, pair.KeyBase64 = textJSON([]byte(kv.Key))
	pair.Value, pair.ValueBase64 = textJSON(kv.Value)
	return pair
}

func (pair omapPairJSON) key() (string, error) {
	key, err := bytesOf("key", pair.Key, pair.KeyBase64)
	return string(key), err
}

func (pair omapPairJSON) keyValue() (store.KeyValue, error) {
	key, err := pair.key()
	if err != nil {
		return store.KeyValue{}, err
	}
	value, err := bytesOf("value", pair.Value, pair.ValueBase64)
	return store.KeyValue{Key: key, Value: value}, err
}

// xattrJSON is an xattr.
type xattrJSON struct {
	Name        *string `json:"name,omitempty"`
	NameBase64  []byte  `json:"name_base64,omitempty"`
	Value       *string `json:"value,omitempty"`
	ValueBase64 []byte  `json:"value_base64,omitempty"`
}

func newXattrJSON(kv store.KeyValue) (xattr xattrJSON) {
	xattr.Name, xattr.NameBase64 = textJSON([]byte(kv.Key))
	xattr.Value, xattr.ValueBase64 = textJSON(kv.Value)
	return xattr
}

// nextJSON is where the page behind one begins: behind this name, which is in the page.
type nextJSON struct {
	Next       *string `json:"next,omitempty"`
	NextBase64 []byte  `json:"next_base64,omitempty"`
}

func newNextJSON(more bool, last string) (next nextJSON) {
	if more {
		next.Next, next.NextBase64 = textJSON([]byte(last))
	}
	return next
}

// parseJSON reads a body that is one value of JSON, without fields that v has not.
func parseJSON(body []byte, v any) error {
	if !utf8.Valid(body) {
		return inputError("the body is JSON, which is UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return inputError("the body is JSON as in /v1/openapi.json: %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return inputError("the body has something behind its JSON")
	}
	return nil
}
