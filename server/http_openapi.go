// This file makes the OpenAPI document of the table of routes, and serves it.

package server

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// openapiSchemas are the schemas of the JSON that requests and answers have, by their names.
//
//go:embed openapi_schemas.json
var openapiSchemas json.RawMessage

// fields is an object of the document.
type fields = map[string]any

func (s *httpServer) openapi(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", typeJSON)
	_, _ = w.Write(s.document) // a client that went away needs no answer
	return nil
}

// newDocument describes all routes, as OpenAPI 3.1 in JSON.
func newDocument(version string) ([]byte, error) {
	paths := fields{}
	for _, route := range httpRoutes() {
		operations, ok := paths[route.path].(fields)
		if !ok {
			operations = fields{}
			paths[route.path] = operations
		}
		operations[strings.ToLower(route.method)] = route.describe(route.id, route.answers)
		if route.method == http.MethodGet {
			operations["head"] = route.describe(route.id+"Head", withoutContents(route.answers))
		}
	}
	return json.Marshal(fields{
		"openapi": "3.1.0",
		"info": fields{
			"title":       "objluad",
			"version":     version,
			"description": "Objects with data, xattrs and omap, and methods in Lua that run beside them. Names in paths are percent-encoded bytes.",
			"license":     fields{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"paths": paths,
		"components": fields{
			"schemas": openapiSchemas,
			"responses": fields{"Problem": fields{
				"description": "An error.",
				"content":     fields{"application/problem+json": fields{"schema": schemaOf("Problem")}},
			}},
		},
	})
}

func (route *route) describe(id string, answers []answer) fields {
	var parameters []fields
	for _, name := range route.wildcards() {
		parameters = append(parameters, fields{"name": name, "in": "path", "required": true, "schema": fields{"type": "string"}})
	}
	for _, p := range route.query {
		parameters = append(parameters, p.describe("query"))
	}
	for _, p := range route.header {
		parameters = append(parameters, p.describe("header"))
	}
	responses := fields{"default": fields{"$ref": "#/components/responses/Problem"}}
	for _, a := range answers {
		responses[strconv.Itoa(a.status)] = a.describe()
	}
	op := fields{"operationId": id, "summary": route.summary, "x-objluad-kind": route.does, "responses": responses}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if route.body != nil {
		op["requestBody"] = fields{"content": describeContents([]content{*route.body})}
	}
	return op
}

func (p parameter) describe(in string) fields {
	return fields{"name": p.name, "in": in, "required": p.required, "description": p.summary, "schema": fields{"type": p.kind}}
}

func (a answer) describe() fields {
	response := fields{"description": a.summary}
	if a.contents != nil {
		response["content"] = describeContents(a.contents)
	}
	if a.header != nil {
		headers := fields{}
		for _, p := range a.header {
			headers[p.name] = fields{"description": p.summary, "required": p.required, "schema": fields{"type": p.kind}}
		}
		response["headers"] = headers
	}
	return response
}

func describeContents(contents []content) fields {
	described := fields{}
	for _, c := range contents {
		described[c.mediaType] = c.describe()
	}
	return described
}

func (c content) describe() fields {
	switch len(c.schemas) {
	case 0:
		return fields{} // bytes
	case 1:
		return fields{"schema": schemaOf(c.schemas[0])}
	}
	var schemas []fields
	for _, name := range c.schemas {
		schemas = append(schemas, schemaOf(name))
	}
	return fields{"schema": fields{"oneOf": schemas}}
}

func schemaOf(name string) fields { return fields{"$ref": "#/components/schemas/" + name} }

// withoutContents returns answers as HEAD has them.
func withoutContents(answers []answer) []answer {
	answers = slices.Clone(answers)
	for i := range answers {
		answers[i].contents = nil
	}
	return answers
}
