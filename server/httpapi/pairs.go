// This file is names, keys and values in the JSON of HTTP: text where they are UTF-8, base64 where not.

package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
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
		return nil, wire.InputError("a pair has %s or %s_base64, one of them", name, name)
	case text == nil:
		return base64, nil
	case !isText(*text):
		return nil, wire.InputError("a %s is not UTF-8: send it as %s_base64", name, name)
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

// removed returns the key of a pair that has no value.
func (pair omapPairJSON) removed() (string, error) {
	if pair.Value != nil || pair.ValueBase64 != nil {
		return "", wire.InputError("a key that is removed has no value")
	}
	return pair.key()
}

// decodePair reads the next pair of a list, as what read makes of it.
func decodePair[T any](list *json.Decoder, read func(omapPairJSON) (T, error)) (made T, err error) {
	var pair omapPairJSON
	if err := list.Decode(&pair); err != nil {
		return made, err
	}
	return read(pair)
}

// parseJSONLists reads a body that is an object of lists, each of which may be there once, and is of a known name. The function of that
// name reads the next element. There may be limit elements in all.
func parseJSONLists(body []byte, lists map[string]func(*json.Decoder) error, limit int) error {
	if !utf8.Valid(body) {
		return wire.InputError("the body is JSON, which is UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decodeLists(decoder, lists, limit)
	var known *objclass.Error
	switch {
	case err == nil:
	case errors.As(err, &known):
		return err
	default:
		return wire.InputError("the body is JSON as in /v1/openapi.json: %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return wire.InputError("the body has something behind its JSON")
	}
	return nil
}

func decodeLists(decoder *json.Decoder, lists map[string]func(*json.Decoder) error, limit int) error {
	if err := decodeDelim(decoder, '{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for n := 0; decoder.More(); {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		field, _ := name.(string)
		next := lists[field]
		if next == nil || seen[field] {
			return wire.InputError("field %q of the body is unknown, or there twice", wire.Clip([]byte(field)))
		}
		seen[field] = true
		if err := decodeDelim(decoder, '['); err != nil {
			return err
		}
		for ; decoder.More(); n++ {
			if n == limit {
				return objclass.Errorf(syscall.EMSGSIZE, objclass.KindInput, "the body may have %d pairs and keys", limit)
			}
			if err := next(decoder); err != nil {
				return err
			}
		}
		if err := decodeDelim(decoder, ']'); err != nil {
			return err
		}
	}
	return decodeDelim(decoder, '}')
}

// decodeDelim reads a bracket.
func decodeDelim(decoder *json.Decoder, want json.Delim) error {
	token, err := decoder.Token()
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err == nil && token != want {
		return fmt.Errorf("%v is wanted, and not %v", want, token)
	}
	return err
}
