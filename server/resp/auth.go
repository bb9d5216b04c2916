// This file is how a RESP connection logs in, and what it may do then.

package resp

import (
	"crypto/tls"
	"syscall"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/access"
)

// strangerFrame is the most bytes of a command before the login.
const strangerFrame = 16 << 10

// defaultUser is who logs in by a password alone, as in Redis.
const defaultUser = "default"

// who returns as whom the connection is logged in; nil when it is not. Only the connection itself may ask.
func (c *conn) who() *access.User {
	if c.srv.opts.Users == nil {
		return access.Everybody
	}
	return c.session.User()
}

// perform runs a command if the connection's user may.
func (c *conn) perform(cmd *command, args [][]byte) error {
	if c.srv.opts.Users == nil {
		return cmd.run(c, args)
	}
	c.actor = c.who() // once: the users may change meanwhile
	if c.actor == nil && c.session != nil {
		c.logOut() // it is no longer in the file what it logged in by
	}
	op, user := c.operation(cmd, args), c.actor
	if err := c.srv.audit.Allowed(user, &op, c.client); err != nil {
		return err
	}
	err := cmd.run(c, args)
	if access.Administers(&op) {
		c.srv.audit.Administered(user, &op, c.client, err)
	}
	return err
}

// operation returns what a command does.
func (c *conn) operation(cmd *command, args [][]byte) (op access.Operation) {
	if rule := commandRules[cmd.name]; rule != nil {
		op = rule(c, args)
	}
	op.Name = cmd.name
	return op
}

func (c *conn) auth(args [][]byte) error {
	name, password := defaultUser, args[len(args)-1]
	if len(args) == 2 {
		name = string(args[0])
	}
	if err := c.login(name, password); err != nil {
		return err
	}
	c.out.ok()
	return nil
}

// login logs in by a name and a password. If it fails, the connection stays logged in as it was.
func (c *conn) login(name string, password []byte) error {
	users := c.srv.opts.Users
	if users == nil {
		return errNoUsers
	}
	session, err := users.Password(c.ctx, c.client, name, password)
	if err != nil {
		c.srv.audit.LoginFailed(users, name, "password", c.client, err)
		return err
	}
	c.loggedIn(session)
	return nil
}

func (c *conn) loggedIn(session *access.Session) {
	c.session = session
	c.in.limit(c.srv.opts.MaxFrame)
	c.state.setUser(session.Name())
}

// logOut makes the connection a stranger's, if there are users.
func (c *conn) logOut() {
	if c.srv.opts.Users == nil {
		return
	}
	c.session, c.strangeFrom = nil, c.srv.clock.Load()
	c.in.limit(strangerFrame)
	c.state.setUser("")
}

// setUser tells other connections who has logged in on this one.
func (s *clientState) setUser(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user = name
}

// user returns the name of the user that the client has logged in as, as CLIENT LIST has it. Other connections may ask.
func (c *conn) user() string {
	if c.srv.opts.Users == nil {
		return defaultUser
	}
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	if c.state.user == "" {
		return "(none)" // no user is named so
	}
	return c.state.user
}

// governs reports whether the connection may see and end another one: its user's own, or any with admin.
func (c *conn) governs(other *conn) bool {
	return access.Sees(c.actor, access.Operation{Need: access.Admin, Owner: other.user()})
}

// loginByCertificate logs in whom the certificate stands for that the client has shown, if it has shown one.
func (c *conn) loginByCertificate(state *tls.ConnectionState) {
	if c.srv.opts.Users == nil || len(state.VerifiedChains) == 0 {
		return
	}
	if session := c.srv.opts.Users.Certificate(state.PeerCertificates[0]); session != nil {
		c.loggedIn(session)
	}
}

// loginError returns what Redis says when somebody has to log in, or failed to: clients look for its words. "" is any other error.
func loginError(err error) string {
	switch err {
	case error(access.ErrNoLogin):
		return "NOAUTH Authentication required."
	case error(access.ErrWrong):
		return "WRONGPASS invalid username-password pair or user is disabled."
	}
	return ""
}

// errNoUsers is the error of a login at a daemon that has no users.
var errNoUsers = objclass.Errorf(syscall.EPERM, objclass.KindAuth,
	"the server has no users, so there is nothing to log in to; connect without a password")
