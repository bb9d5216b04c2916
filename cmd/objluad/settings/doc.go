// Package settings gives a set of flags values from a file and from the environment, and knows where each value came from.
//
// # Invariants
//
//   - The flags are the only list of settings. A setting has one name: "max-timeout" is --max-timeout, OBJLUAD_MAX_TIMEOUT, and
//     max-timeout in the file.
//   - A flag of the command line counts more than the environment, that more than the file, and that more than the default.
//   - What is wrong in a file is a Problem with its line. All of them are found, not only the first.
//   - The value of a secret is in no text that this package makes.
package settings
