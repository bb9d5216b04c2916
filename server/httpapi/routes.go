// This file is the table of the HTTP requests: what each takes and answers, and which kind of work it is. The OpenAPI document is
// made of it, and nothing is served that is not in it.

package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/objluad/objluad/objclass"
)

// operation is the kind of a request's work, by which it is decided who may ask for it.
type operation string

const (
	opOpen       operation = "open"        // tells whether the daemon is there, and what it can be asked
	opRead       operation = "read"        // reads an object, or lists those of a pool
	opWrite      operation = "write"       // changes an object
	opExec       operation = "exec"        // runs a method of a class
	opEval       operation = "eval"        // runs a script that is sent with the request
	opInspect    operation = "inspect"     // tells of pools, classes, calls or numbers
	opClassAdmin operation = "class-admin" // changes classes
	opPoolAdmin  operation = "pool-admin"  // creates and removes pools
	opAdmin      operation = "admin"       // ends calls, copies the store
)

// route is one request: a row of the table.
type route struct {
	method, path string // as http.ServeMux has them; GET is HEAD, too
	id           string // unique, for programs that are generated
	does         operation
	summary      string
	query        []parameter // no other is taken
	header       []parameter // that mean something
	body         *content    // nil where none is read
	answers      []answer    // where nothing fails: all else is a problem
	serve        func(*Server, http.ResponseWriter, *http.Request) error
}

// wildcards returns the names of the path's parts that vary.
func (route *route) wildcards() (names []string) {
	for part := range strings.SplitSeq(route.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// parameter is one of a query or of a header.
type parameter struct {
	name, kind string // kind is a type of JSON
	required   bool
	summary    string
}

// content is a body: JSON of a named schema, or bytes.
type content struct {
	mediaType string
	schemas   []string // of JSON, one of them, by their names in openapi_schemas.json
}

// answer is a response.
type answer struct {
	status   int
	summary  string
	contents []content   // of which the body is one; nil: it has no body
	header   []parameter // beside those that HTTP itself has
}

const (
	poolPath   = "/v1/pools/{pool}"
	objectPath = poolPath + "/objects/{oid}"
	xattrsPath = objectPath + "/xattrs"
	omapPath   = objectPath + "/omap"
	classPath  = "/v1/classes/{name}"
)

const (
	typeJSON  = "application/json"
	typeBytes = "application/octet-stream"
)

var (
	byteBody = &content{mediaType: typeBytes}

	someBytes = []content{*byteBody}
	someText  = []content{{mediaType: "text/plain"}}
)

func someJSON(schemas ...string) []content { return []content{{typeJSON, schemas}} }

var (
	namespaceParameter = parameter{"namespace", "string", false, "The object's namespace within the pool; empty is the default one."}
	objectQuery        = []parameter{namespaceParameter}
	callQuery          = []parameter{
		namespaceParameter,
		{"timeout_ms", "integer", false, "Wall and CPU budget of the method in milliseconds, from 1 up to the server's maximum."},
		{"readonly", "boolean", false, "The method may not write."},
		{"dry_run", "boolean", false, "Nothing is committed: the answer is JSON, and says what would be."},
		{"capture", "boolean", false, "Nothing is committed: the answer is a bundle with which the call can be replayed."},
		{"meta", "boolean", false, "The answer is JSON, and has the output with what is known of the run."},
	}
	callHeader = []parameter{
		{"Idempotency-Key", "string", false, "1 to 255 bytes. Repeated calls of one object with one key have one effect, and one answer."},
		encodedHeader,
	}
	pageQuery = []parameter{
		{"prefix", "string", false, "Only what begins with it is listed."},
		{"after", "string", false, "Only what is behind it in byte order is listed: `next` of the page before."},
		{"limit", "integer", false, "How many a page has at most, from 1 to 10000; 1000 if it is not given."},
	}
	conditions = []parameter{
		{"If-Match", "string", false, "ETags: the object must have one of these versions; `*`: it must exist."},
		{"If-None-Match", "string", false, "ETags: the object must have none of these versions; `*`: it must be absent."},
		{"If-Unmodified-Since", "string", false, "A time: the object must not be modified later."},
	}
	encodedHeader = parameter{"Content-Encoding", "string", false, "How the body is compressed: gzip, zstd or identity."}
	changeHeader  = append(slices.Clip(conditions), encodedHeader)
	versionHeader = []parameter{
		{"ETag", "string", true, "The object's version as an entity tag."},
		{"Objluad-Version", "integer", true, "The object's version."},
	}
	callAnswerHeader = []parameter{
		{"Objluad-Ret", "integer", false, "What the method returned."},
		{"Objluad-Version", "integer", false, "The object's version after the call; 0 when it is absent."},
		{"Objluad-Class-Version", "string", false, "The class version that ran."},
		{"Objluad-Cpu-Us", "integer", false, "CPU time of the method in microseconds."},
		{"Objluad-Peak-Bytes", "integer", false, "Memory that the method took at most, in bytes."},
		{"Objluad-Replayed", "boolean", false, "The answer is a stored one of the same Idempotency-Key."},
	}
)

var (
	classAnswer   = []answer{{http.StatusOK, "The class version.", someJSON("Class"), nil}}
	removedAnswer = []answer{{http.StatusNoContent, "Done.", nil, nil}}
)

// routes returns the table.
func routes() []route {
	return slices.Concat(objectRoutes, poolRoutes, classRoutes, daemonRoutes)
}

var objectRoutes = []route{
	{method: "GET", path: objectPath, id: "readObject", does: opRead, summary: "Reads an object's data, or ranges of it.",
		query: objectQuery, header: readHeader, answers: readAnswers, serve: (*Server).getObject},
	{method: "PUT", path: objectPath, id: "writeObject", does: opWrite, summary: "Replaces an object's data, or a range of it.",
		query: writeQuery, header: writeHeader, body: byteBody, answers: changedAnswers, serve: (*Server).putObject},
	{method: "PATCH", path: objectPath, id: "changeObject", does: opWrite, summary: "Writes a range of an object's data, or sets its size.",
		query: append(slices.Clip(writeQuery),
			parameter{"truncate", "integer", false, "Bytes of data that the object gets: it loses what is behind, or gets zeros. The body is empty."}),
		header: writeHeader, body: byteBody, answers: changedAnswers, serve: (*Server).patchObject},
	{method: "POST", path: objectPath, id: "appendObject", does: opWrite, summary: "Writes behind an object's data.",
		query: objectQuery, header: changeHeader, body: byteBody, answers: changedAnswers, serve: (*Server).appendObject},
	{method: "DELETE", path: objectPath, id: "removeObject", does: opWrite, summary: "Removes an object with all that it has.",
		query: objectQuery, header: conditions, answers: removedAnswer, serve: (*Server).deleteObject},
	{method: "GET", path: poolPath + "/objects", id: "listObjects", does: opRead, summary: "Lists the objects of a namespace, in byte order of their ids.",
		query:   append(slices.Clip(objectQuery), pageQuery...),
		answers: []answer{{http.StatusOK, "A page of ids.", someJSON("Objects"), nil}}, serve: (*Server).listObjects},

	{method: "GET", path: xattrsPath, id: "listXattrs", does: opRead, summary: "Returns all xattrs of an object, in order of their names.",
		query: objectQuery, header: conditions, answers: viewAnswers("Xattrs"), serve: (*Server).listXattrs},
	{method: "GET", path: xattrsPath + "/{name}", id: "getXattr", does: opRead, summary: "Returns the value of an xattr, or ranges of it.",
		query: objectQuery, header: readHeader, answers: readAnswers, serve: (*Server).getXattr},
	{method: "PUT", path: xattrsPath + "/{name}", id: "setXattr", does: opWrite, summary: "Sets an xattr.",
		query: objectQuery, header: changeHeader, body: byteBody, answers: changedAnswers, serve: (*Server).putXattr},
	{method: "DELETE", path: xattrsPath + "/{name}", id: "removeXattr", does: opWrite, summary: "Removes an xattr.",
		query: objectQuery, header: conditions, answers: changedAnswers[1:], serve: (*Server).deleteXattr},

	{method: "GET", path: omapPath, id: "listOmap", does: opRead, summary: "Returns a page of omap pairs, in byte order of their keys.",
		query: append(slices.Clip(objectQuery), pageQuery...), header: conditions, answers: viewAnswers("OmapPage"), serve: (*Server).listOmap},
	{method: "POST", path: omapPath, id: "changeOmap", does: opWrite, summary: "Sets omap pairs, then removes keys: all or none.",
		query: objectQuery, header: changeHeader, body: &content{typeJSON, []string{"OmapChanges"}}, answers: changedAnswers, serve: (*Server).changeOmap},
	{method: "DELETE", path: omapPath, id: "clearOmap", does: opWrite, summary: "Removes all omap pairs and the omap header.",
		query: objectQuery, header: conditions, answers: changedAnswers[1:], serve: (*Server).clearOmap},
	{method: "GET", path: omapPath + "/{key}", id: "getOmapValue", does: opRead, summary: "Returns the value of an omap key, or ranges of it.",
		query: objectQuery, header: readHeader, answers: readAnswers, serve: (*Server).getOmapValue},
	{method: "PUT", path: omapPath + "/{key}", id: "setOmapValue", does: opWrite, summary: "Sets an omap pair.",
		query: objectQuery, header: changeHeader, body: byteBody, answers: changedAnswers, serve: (*Server).putOmapValue},
	{method: "DELETE", path: omapPath + "/{key}", id: "removeOmapKey", does: opWrite, summary: "Removes an omap pair.",
		query: objectQuery, header: conditions, answers: changedAnswers[1:], serve: (*Server).deleteOmapKey},
	{method: "GET", path: objectPath + "/omap-header", id: "getOmapHeader", does: opRead, summary: "Returns the omap header, or ranges of it.",
		query: objectQuery, header: readHeader, answers: readAnswers, serve: (*Server).getOmapHeader},
	{method: "PUT", path: objectPath + "/omap-header", id: "setOmapHeader", does: opWrite, summary: "Sets the omap header.",
		query: objectQuery, header: changeHeader, body: byteBody, answers: changedAnswers, serve: (*Server).putOmapHeader},

	{method: "POST", path: objectPath + "/exec/{class}/{method}", id: "exec", does: opExec,
		summary: "Runs a method of a class, or of class@version, beside an object: the body is its input.",
		query:   callQuery, header: callHeader, body: byteBody, answers: callAnswers, serve: (*Server).exec},
	{method: "POST", path: objectPath + "/eval", id: "eval", does: opEval,
		summary: "Runs a script beside an object, then the handler that it registered.",
		query:   append(slices.Clip(callQuery), parameter{"handler", "string", false, "The registered function that is called; empty: none is."}),
		header:  callHeader, body: &content{"multipart/form-data", []string{"Eval"}}, answers: callAnswers, serve: (*Server).eval},
}

var (
	writeQuery  = append(slices.Clip(objectQuery), parameter{"offset", "integer", false, "Byte of the object from which on the body is written."})
	writeHeader = append(slices.Clip(changeHeader),
		parameter{"Content-Range", "string", false, "The range that the body is written to, as `bytes 100-199/*`."})
	readHeader = append(slices.Clip(conditions),
		parameter{"Range", "string", false, "Ranges of bytes, such as `bytes=0-99`, `bytes=-100` or `bytes=0-9,90-99`."},
		parameter{"If-Range", "string", false, "An ETag: Range counts only if the object has that version."})
	readAnswers = []answer{
		{http.StatusOK, "All bytes.", someBytes, versionHeader},
		{http.StatusPartialContent, "The ranges that were asked for: several are multipart/byteranges.", []content{*byteBody, {mediaType: "multipart/byteranges"}}, versionHeader},
		unchangedAnswer,
	}
	unchangedAnswer = answer{http.StatusNotModified, "The object is as the client has it, by If-None-Match or If-Modified-Since.", nil, nil}
	changedAnswers  = []answer{
		{http.StatusCreated, "The object was absent, and has been created.", nil, versionHeader},
		{http.StatusNoContent, "The object has been changed.", nil, versionHeader},
	}
	callAnswers = []answer{
		{http.StatusOK, "The method's output; JSON with `meta`, `dry_run` or `capture`.", append(someJSON("Meta", "DryRun", "Bundle"), *byteBody), callAnswerHeader},
	}
)

// viewAnswers are those of a request that reads something of an object in JSON.
func viewAnswers(schema string) []answer {
	return []answer{{http.StatusOK, "What there is.", someJSON(schema), versionHeader}, unchangedAnswer}
}

var poolRoutes = []route{
	{method: "GET", path: "/v1/pools", id: "listPools", does: opInspect, summary: "Lists the names of all pools.",
		answers: []answer{{http.StatusOK, "The names in order.", someJSON("Pools"), nil}}, serve: (*Server).listPools},
	{method: "GET", path: poolPath, id: "showPool", does: opInspect, summary: "Tells what a pool has.",
		answers: []answer{{http.StatusOK, "What it has.", someJSON("Pool"), nil}}, serve: (*Server).showPool},
	{method: "PUT", path: poolPath, id: "createPool", does: opPoolAdmin, summary: "Creates a pool.",
		answers: []answer{{http.StatusCreated, "Done.", nil, nil}}, serve: (*Server).createPool},
	{method: "DELETE", path: poolPath, id: "removePool", does: opPoolAdmin, summary: "Removes a pool with all its objects.",
		answers: removedAnswer, serve: (*Server).removePool},
	{method: "GET", path: "/v1/df", id: "diskUsage", does: opInspect, summary: "Tells what all pools have, and what room the store has.",
		answers: []answer{{http.StatusOK, "What there is.", someJSON("Disk"), nil}}, serve: (*Server).disk},
}

var classRoutes = []route{
	{method: "GET", path: "/v1/classes", id: "listClasses", does: opInspect, summary: "Describes the active version of each class.",
		answers: []answer{{http.StatusOK, "The classes in order of their names.", someJSON("Classes"), nil}}, serve: (*Server).listClasses},
	{method: "GET", path: classPath, id: "showClass", does: opInspect, summary: "Describes a class, or name@version, with its source.",
		answers: classAnswer, serve: (*Server).showClass},
	{method: "PUT", path: classPath, id: "installClass", does: opClassAdmin, summary: "Installs a class version: the body is its source.",
		query:  []parameter{{"inactive", "boolean", false, "It does not become the active version."}},
		header: []parameter{encodedHeader}, body: byteBody, answers: classAnswer, serve: (*Server).installClass},
	{method: "DELETE", path: classPath, id: "removeClass", does: opClassAdmin, summary: "Removes a class, or name@version if that is not in use.",
		answers: removedAnswer, serve: (*Server).removeClass},
	{method: "POST", path: classPath + "/activate", id: "activateClass", does: opClassAdmin, summary: "Makes name@version the active version.",
		answers: classAnswer, serve: changeClass((*objclass.Registry).Activate)},
	{method: "POST", path: classPath + "/rollback", id: "rollBackClass", does: opClassAdmin, summary: "Makes the version active that was before.",
		answers: classAnswer, serve: changeClass((*objclass.Registry).Rollback)},
	{method: "PUT", path: classPath + "/keep", id: "keepClass", does: opClassAdmin, summary: "Keeps name@version from being removed or collected.",
		answers: classAnswer, serve: changeClass((*objclass.Registry).Keep)},
	{method: "DELETE", path: classPath + "/keep", id: "releaseClass", does: opClassAdmin, summary: "Lets name@version go that was kept.",
		answers: classAnswer, serve: changeClass((*objclass.Registry).Release)},
	{method: "PUT", path: classPath + "/canary", id: "setCanary", does: opClassAdmin,
		summary: "Has name@version run a share of the calls that name no version.",
		query:   []parameter{{"percent", "number", true, "The share, as a number of percent from 0 to 100."}},
		answers: classAnswer, serve: (*Server).setCanary},
	{method: "DELETE", path: classPath + "/canary", id: "endCanary", does: opClassAdmin,
		summary: "Has all calls that name no version run the active one.",
		answers: classAnswer, serve: changeClass((*objclass.Registry).EndCanary)},
	{method: "POST", path: classPath + "/canary/promote", id: "promoteCanary", does: opClassAdmin, summary: "Makes the canary the active version.",
		answers: classAnswer, serve: changeClass((*objclass.Registry).PromoteCanary)},
	{method: "POST", path: classPath + "/gc", id: "collectClass", does: opClassAdmin, summary: "Removes versions of a class that nobody uses.",
		query: collectQuery, answers: collectAnswer, serve: (*Server).collectClass},
	{method: "POST", path: "/v1/classes/gc", id: "collectClasses", does: opClassAdmin, summary: "Removes versions of all classes that nobody uses.",
		query: collectQuery, answers: collectAnswer, serve: (*Server).collectClasses},
	{method: "DELETE", path: classPath + "/quarantine", id: "resetClass", does: opClassAdmin,
		summary: "Lets a class, or name@version, out of quarantine.",
		answers: removedAnswer, serve: (*Server).resetClass},
}

var (
	collectQuery = []parameter{
		{"unused_s", "integer", false, "Seconds for which a version must not have been used."},
		{"dry_run", "boolean", false, "Nothing is removed: the answer says what would be."},
	}
	collectAnswer = []answer{{http.StatusOK, "The versions that are removed, or would be.", someJSON("Collected"), nil}}
)

var daemonRoutes = []route{
	{method: "GET", path: "/v1/calls", id: "listCalls", does: opInspect, summary: "Describes the method calls that are under way, oldest first.",
		answers: []answer{{http.StatusOK, "The calls.", someJSON("Calls"), nil}}, serve: (*Server).listCalls},
	{method: "DELETE", path: "/v1/calls/{id}", id: "killCall", does: opAdmin, summary: "Ends a method call that waits or runs.",
		answers: removedAnswer, serve: (*Server).killCall},
	{method: "POST", path: "/v1/backups/{name}", id: "makeBackup", does: opAdmin, summary: "Copies the store into a new folder.",
		answers: []answer{{http.StatusOK, "Where the copy is.", someJSON("Backup"), nil}}, serve: (*Server).makeBackup},
	{method: "GET", path: "/v1/openapi.json", id: "openapi", does: opOpen, summary: "Describes these requests: this document.",
		answers: []answer{{http.StatusOK, "OpenAPI 3.1.", someJSON("Document"), nil}}, serve: (*Server).openapi},
	{method: "GET", path: "/healthz", id: "isAlive", does: opOpen, summary: "Answers when the process runs.",
		answers: []answer{{http.StatusOK, "It does.", someText, nil}}, serve: (*Server).healthz},
	{method: "GET", path: "/readyz", id: "isReady", does: opOpen, summary: "Answers when calls are let in and the store answers.",
		answers: []answer{{http.StatusOK, "They are, and it does.", someText, nil}}, serve: (*Server).readyz},
	{method: "GET", path: "/metrics", id: "metrics", does: opInspect, summary: "Numbers for Prometheus.",
		answers: []answer{{http.StatusOK, "The numbers, as Prometheus asks for them.", someText, nil}}, serve: (*Server).metrics},
}
