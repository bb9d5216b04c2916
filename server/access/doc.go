// Package access says who may do what. It has the users of a daemon, the credentials by which they prove who they are, and the
// capabilities that they were given; it knows no protocol.
//
// # Invariants
//
//   - Allowed is the one place in which it is decided whether a user may do something. Whatever it cannot tell, it refuses.
//   - No secret is kept: of a password and of a token there is a hash. None is in an error, a log or a String.
//   - What is wrong with a users file or with capabilities leaves the users as they were.
//   - The time that a failed login takes does not tell whether there is such a user.
package access
