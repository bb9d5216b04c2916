// Package resp is the RESP listener: RESP2 and RESP3, each connection with a goroutine of its own that reads commands, runs them in order
// and gathers their replies. What it serves is a table, commands.go.
package resp
