// This file is the terminal on which a view is shown.

package top

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/uniseg"

	"github.com/objluad/objluad/client"
)

// answerTimeout is how long the daemon may take to answer before the screen says that it does not.
const answerTimeout = 10 * time.Second

// Run shows frames on the terminal of the process, one for each interval, until its user quits or ctx ends. The terminal is then as it
// was before. A daemon that does not answer is asked again.
func Run(ctx context.Context, conn *client.Conn, interval time.Duration) error {
	screen, err := tcell.NewScreen()
	if err != nil {
		return err
	}
	if err := screen.Init(); err != nil {
		return err
	}
	defer screen.Fini()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	updates := make(chan func(*View))
	go watch(ctx, conn, interval, updates)
	events := make(chan tcell.Event)
	go screen.ChannelEvents(events, ctx.Done())

	v := NewView()
	for {
		draw(screen, v)
		select {
		case <-ctx.Done():
			return nil
		case update := <-updates:
			update(v)
		case event := <-events:
			if _, ok := event.(*tcell.EventResize); ok {
				screen.Sync()
				continue
			}
			action := v.Press(keyOf(event))
			if action.Quit {
				return nil
			}
			if action.Kill != "" {
				v.Note("call " + action.Kill + " is being killed")
				go kill(ctx, conn, action.Kill, updates)
			}
		}
	}
}

// watch sends frames until ctx ends.
func watch(ctx context.Context, conn *client.Conn, interval time.Duration, updates chan<- func(*View)) {
	var last *Sample
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		now, err := takeInTime(ctx, conn)
		if err != nil {
			send(ctx, updates, func(v *View) { v.Fail(fmt.Errorf("the daemon does not answer: %w", err)) })
		} else {
			frame := NewFrame(last, now)
			last = now
			send(ctx, updates, func(v *View) { v.Show(&frame) })
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

func takeInTime(ctx context.Context, conn *client.Conn) (*Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return Take(ctx, conn)
}

func kill(ctx context.Context, conn *client.Conn, id string, updates chan<- func(*View)) {
	note := "call " + id + " was killed"
	n, err := strconv.ParseUint(id, 10, 64)
	if err == nil {
		err = conn.Kill(ctx, n)
	}
	if err != nil {
		note = err.Error()
	}
	send(ctx, updates, func(v *View) { v.Note(note) })
}

func send(ctx context.Context, updates chan<- func(*View), update func(*View)) {
	select {
	case updates <- update:
	case <-ctx.Done():
	}
}

var keyNames = map[tcell.Key]string{
	tcell.KeyTab: "tab", tcell.KeyEscape: "escape", tcell.KeyEnter: "enter", tcell.KeyCtrlC: "ctrl-c",
	tcell.KeyBackspace: "backspace", tcell.KeyBackspace2: "backspace",
	tcell.KeyUp: "up", tcell.KeyDown: "down", tcell.KeyPgUp: "page-up", tcell.KeyPgDn: "page-down", tcell.KeyHome: "home", tcell.KeyEnd: "end",
}

func keyOf(event tcell.Event) Key {
	key, ok := event.(*tcell.EventKey)
	switch {
	case !ok:
		return Key{}
	case key.Key() == tcell.KeyRune:
		return Key{Rune: key.Rune()}
	}
	return Key{Name: keyNames[key.Key()]}
}

var styles = map[Style]tcell.Style{
	Plain:    tcell.StyleDefault,
	Heading:  tcell.StyleDefault.Bold(true),
	Selected: tcell.StyleDefault.Reverse(true),
	Alert:    tcell.StyleDefault.Bold(true).Reverse(true),
}

func draw(screen tcell.Screen, v *View) {
	columns, rows := screen.Size()
	screen.Clear()
	for y, line := range v.Lines(columns, rows) {
		x := 0
		for g := uniseg.NewGraphemes(line.Text); g.Next(); x += g.Width() {
			runes := g.Runes()
			screen.SetContent(x, y, runes[0], runes[1:], styles[line.Style])
		}
	}
	screen.Show()
}
