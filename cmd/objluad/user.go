// This file is the subcommands that change the users file. They need no daemon; one that serves reads the file again.

package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/top"
	"github.com/objluad/objluad/server/access"
)

// userEditor is what the subcommands share.
type userEditor struct {
	*app
	file string
}

func newUser(a *app) *cobra.Command {
	e := &userEditor{app: a}
	cmd := &cobra.Command{Use: "user", Short: "Change who may use a daemon, and what they may do", Args: cobra.NoArgs}
	cmd.PersistentFlags().StringVar(&e.file, "users", os.Getenv("OBJLUAD_USERS"), "the users `file`, as in serve --users; OBJLUAD_USERS in the environment")
	cmd.AddCommand(e.newAdd(), e.newPasswd(), e.newToken(), e.newCertificate(), e.newCaps(), e.newRemove(), e.newList())
	return cmd
}

// edit changes the file.
func (e *userEditor) edit(change func(*access.File) error) error {
	if e.file == "" {
		return errno.Errorf(syscall.EINVAL, "name the users file by --users or OBJLUAD_USERS")
	}
	return access.Edit(e.file, change)
}

// change is edit of a user, whom it names if the output is JSON.
func (e *userEditor) change(name string, change func(*access.File) error) error {
	err := e.edit(change)
	if err == nil && e.JSON {
		return e.PrintJSON(map[string]any{"user": name})
	}
	return err
}

func (e *userEditor) newAdd() *cobra.Command {
	var caps string
	var noPassword bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a user, with a password that is asked for, or read from the input",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return e.addUser(args[0], caps, noPassword)
		},
	}
	cmd.Flags().StringVar(&caps, "caps", "", "what the user may do, as in \"allow rw pool=a\"; default nothing")
	cmd.Flags().BoolVar(&noPassword, "no-password", false, "the user has tokens and certificates only")
	return cmd
}

func (e *userEditor) addUser(name, capsText string, noPassword bool) error {
	caps, err := access.ParseCaps(capsText)
	if err != nil {
		return err
	}
	var password []byte
	if !noPassword {
		if password, err = e.readPassword("Password of " + name + ": "); err != nil {
			return err
		}
	}
	return e.change(name, func(f *access.File) error {
		err := f.Add(name)
		if err == nil {
			err = f.SetCaps(name, caps)
		}
		if err == nil && !noPassword {
			err = f.SetPassword(name, password)
		}
		return err
	})
}

func (e *userEditor) newPasswd() *cobra.Command {
	return &cobra.Command{
		Use:   "passwd NAME",
		Short: "Give a user another password, which is asked for, or read from the input",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return e.passwd(args[0]) },
	}
}

func (e *userEditor) passwd(name string) error {
	password, err := e.readPassword("Password of " + name + ": ")
	if err != nil {
		return err
	}
	return e.change(name, func(f *access.File) error { return f.SetPassword(name, password) })
}

// readPassword asks for a password twice if the input is a terminal, and else reads a line of it.
func (e *userEditor) readPassword(prompt string) ([]byte, error) {
	file, ok := e.In.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return cli.ReadSecret(e.In)
	}
	var typed [2][]byte
	for i, ask := range []string{prompt, "Again: "} {
		fmt.Fprint(os.Stderr, ask)
		var err error
		typed[i], err = term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(os.Stderr)
		if err != nil {
			return nil, err
		}
	}
	if !bytes.Equal(typed[0], typed[1]) {
		return nil, errno.Errorf(syscall.EINVAL, "the passwords are not the same")
	}
	return typed[0], nil
}

func (e *userEditor) newToken() *cobra.Command {
	var expires time.Duration
	var revoke string
	cmd := &cobra.Command{
		Use:   "token NAME",
		Short: "Make a token for HTTP, which is printed and cannot be seen again, or revoke one",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if revoke != "" {
				return e.change(args[0], func(f *access.File) error { return f.RemoveToken(args[0], revoke) })
			}
			return e.addToken(args[0], expires)
		},
	}
	cmd.Flags().DurationVar(&expires, "expires", 0, "how long it is good for; default for ever")
	cmd.Flags().StringVar(&revoke, "revoke", "", "remove the token of that `id`, which user list shows")
	cmd.MarkFlagsMutuallyExclusive("expires", "revoke")
	return cmd
}

func (e *userEditor) addToken(name string, life time.Duration) error {
	if life < 0 {
		return errno.Errorf(syscall.EINVAL, "--expires is a time from now on")
	}
	var until time.Time
	if life > 0 {
		until = time.Now().Add(life)
	}
	var secret string
	err := e.edit(func(f *access.File) (err error) {
		secret, err = f.AddToken(name, until)
		return err
	})
	switch {
	case err != nil:
		return err
	case e.JSON:
		return e.PrintJSON(map[string]any{"user": name, "token": secret})
	}
	_, err = fmt.Fprintln(e.Out, secret)
	return err
}

func (e *userEditor) newCertificate() *cobra.Command {
	remove := false
	cmd := &cobra.Command{
		Use:   "certificate NAME SUBJECT",
		Short: "Let certificates of a subject, such as CN=alice,O=Example, stand for a user",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			return e.change(args[0], func(f *access.File) error {
				if remove {
					return f.RemoveCertificate(args[0], args[1])
				}
				return f.AddCertificate(args[0], args[1])
			})
		},
	}
	cmd.Flags().BoolVar(&remove, "remove", false, "let them no longer do so")
	return cmd
}

func (e *userEditor) newCaps() *cobra.Command {
	return &cobra.Command{
		Use:   "caps NAME CAPABILITIES",
		Short: "Say what a user may do, in the place of what it might before",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			caps, err := access.ParseCaps(args[1])
			if err != nil {
				return err
			}
			return e.change(args[0], func(f *access.File) error { return f.SetCaps(args[0], caps) })
		},
	}
}

func (e *userEditor) newRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "rm NAME",
		Short: "Remove a user",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return e.change(args[0], func(f *access.File) error { return f.Remove(args[0]) })
		},
	}
}

func (e *userEditor) newList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the users, and what they may do",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if e.file == "" {
				return errno.Errorf(syscall.EINVAL, "name the users file by --users or OBJLUAD_USERS")
			}
			text, err := os.ReadFile(e.file)
			if err != nil {
				return err
			}
			f, err := access.ParseFile(text)
			if err != nil {
				return fmt.Errorf("%s: %w", e.file, err)
			}
			return e.print(f.Users())
		},
	}
}

// userJSON describes a user, without what could be used to log in.
type userJSON struct {
	Name         string      `json:"name"`
	Password     bool        `json:"password"` // has one
	Tokens       []tokenJSON `json:"tokens"`
	Certificates []string    `json:"certificates"`
	Caps         string      `json:"caps"`
}

type tokenJSON struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
}

func newUserJSON(user *access.User) userJSON {
	u := userJSON{Name: user.Name, Password: user.HasPassword(), Tokens: []tokenJSON{}, Certificates: append([]string{}, user.Certificates()...), Caps: user.Caps.String()}
	for _, token := range user.Tokens() {
		u.Tokens = append(u.Tokens, tokenJSON{token.ID(), token.Created, token.Expires})
	}
	return u
}

func (e *userEditor) print(users []*access.User) error {
	list := make([]userJSON, 0, len(users))
	for _, user := range users {
		list = append(list, newUserJSON(user))
	}
	if e.JSON {
		return e.PrintJSON(list)
	}
	table := tabwriter.NewWriter(e.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tLOGIN\tCAPABILITIES")
	for _, u := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\n", u.Name, u.logins(), u.Caps)
	}
	return table.Flush()
}

// logins says how a user can log in.
func (u *userJSON) logins() string {
	var all []string
	if u.Password {
		all = append(all, "password")
	}
	for _, token := range u.Tokens {
		all = append(all, "token:"+token.ID)
	}
	for _, subject := range u.Certificates {
		all = append(all, "certificate:"+top.Word(subject))
	}
	if len(all) == 0 {
		return "-"
	}
	return strings.Join(all, ",")
}
