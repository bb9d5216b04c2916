// This file makes the OpenAPI document of the table of routes, and serves it.

package httpapi

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

func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", typeJSON)
	_, _ = w.Write(s.document) // a client that went away needs no answer
	return nil
}

// securitySchemes are the ways to log in.
var securitySchemes = fields{
	"basic":       fields{"type": "http", "scheme": "basic", "description": "A user's name and password."},
	"bearer":      fields{"type": "http", "scheme": "bearer", "description": "A user's token, which `objluad user token` makes."},
	"certificate": fields{"type": "mutualTLS", "description": "A certificate of one of the authorities of --tls-client-ca, whose subject a user has."},
}

// newDocument describes all routes, as OpenAPI 3.1 in JSON, of a daemon that has users or has none.
func newDocument(version string, users bool) ([]byte, error) {
	paths := fields{}
	for _, route := range routes() {
		operations, ok := paths[route.path].(fields)
		if !ok {
			operations = fields{}
			paths[route.path] = operations
		}
		operations[strings.ToLower(route.method)] = route.describe(route.id, users, route.answers)
		if route.method == http.MethodGet {
			operations["head"] = route.describe(route.id+"Head", users, withoutContents(route.answers))
		}
	}
	document := fields{
		"openapi": "3.1.0",
		"info": fields{
			"title":       "objluad",
			"version":     version,
			"description": "Objects with data, xattrs and omap, and methods in Lua that run beside them. Names in paths are percent-encoded bytes.",
			"license":     fields{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"paths": paths,
		"components": fields{
			"schemas":         openapiSchemas,
			"securitySchemes": securitySchemes,
			"responses": fields{
				"Problem":      problemAnswer("An error."),
				"Unauthorized": problemAnswer("Who asks has not logged in.", parameter{"WWW-Authenticate", "string", true, "The ways to log in."}),
				"Forbidden":    problemAnswer("Who asks may not, or nobody may."),
				"Unavailable": problemAnswer("There is no room now, or the call was ended: nothing has been done.",
					parameter{"Retry-After", "integer", true, "Seconds after which the request may be sent again."}),
			},
		},
	}
	if users {
		document["security"] = []fields{{"basic": []string{}}, {"bearer": []string{}}, {"certificate": []string{}}} // one of them
	}
	return json.Marshal(document)
}

func problemAnswer(summary string, header ...parameter) fields {
	return answer{summary: summary, contents: []content{{"application/problem+json", []string{"Problem"}}}, header: header}.describe()
}

// describe describes a request. Those that tell whether the daemon is there need no login.
func (route *route) describe(id string, users bool, answers []answer) fields {
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
	responses := fields{"default": responseOf("Problem"), "403": responseOf("Forbidden"), "503": responseOf("Unavailable")}
	if users && route.does != opOpen {
		responses["401"] = responseOf("Unauthorized")
	}
	for _, a := range answers {
		responses[strconv.Itoa(a.status)] = a.describe()
	}
	op := fields{"operationId": id, "summary": route.summary, "x-objluad-kind": route.does, "responses": responses}
	if users && route.does == opOpen {
		op["security"] = []fields{}
	}
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

func responseOf(name string) fields { return fields{"$ref": "#/components/responses/" + name} }

func schemaOf(name string) fields { return fields{"$ref": "#/components/schemas/" + name} }

// withoutContents returns answers as HEAD has them.
func withoutContents(answers []answer) []answer {
	answers = slices.Clone(answers)
	for i := range answers {
		answers[i].contents = nil
	}
	return answers
}
