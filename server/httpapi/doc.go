// Package httpapi is the HTTP listener: objects, calls, classes, pools and the daemon's numbers, in the words of HTTP. What it serves is a
// table, routes.go, of which the OpenAPI document is made.
package httpapi
