// Package wire has what both protocols say and hear in the same words: errors, and the values that clients send as text. It knows
// neither protocol.
package wire
