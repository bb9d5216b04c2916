// Package limits bounds what clients may take, over either protocol: connections, time for what they are sent, and memory of their
// requests and of replies that they leave untaken. It knows neither protocol.
package limits
