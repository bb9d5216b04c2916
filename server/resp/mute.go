// This file leaves out replies that a client does not want, as CLIENT REPLY tells.

package resp

import "bufio"

const mutedBuffer = 512 // bytes of replies that are gathered before they are dropped

// muting is a connection without replies.
type muting struct {
	replies *bufio.Writer // what is written to otherwise; nil when nothing is muted
	left    int           // commands until replies are sent again; 0 is until CLIENT REPLY ON
}

// mute sends the replies that are gathered, and drops those of so many commands, the one under way included; of all when n is 0.
func (c *conn) mute(n int) {
	if c.muted.replies == nil {
		c.flush()
		c.muted.replies, c.out.w = c.out.w, bufio.NewWriterSize(droppedReplies{c}, mutedBuffer)
	} else if c.muted.left == 0 {
		return
	}
	c.muted.left = n
}

func (c *conn) unmute() {
	if c.muted.replies == nil {
		return
	}
	c.flush()
	c.out.w = c.muted.replies
	c.muted = muting{}
}

// unmuteAfter counts a command.
func (c *conn) unmuteAfter() {
	if c.muted.left == 0 {
		return
	}
	if c.muted.left--; c.muted.left == 0 {
		c.unmute()
	}
}

// shrinkReplies gives the buffer of replies back, until growReplies. While replies are dropped it is not in use.
func (c *conn) shrinkReplies() {
	if c.muted.replies == nil {
		c.out.shrink()
	}
}

func (c *conn) growReplies() {
	if c.muted.replies == nil {
		c.out.grow()
	}
}

// droppedReplies waits as durableReplies does, so that commits do not gather without bound, and a failed one ends the connection.
type droppedReplies struct{ c *conn }

func (d droppedReplies) Write(b []byte) (int, error) {
	if err := d.c.unsynced.Wait(); err != nil {
		return 0, err
	}
	return len(b), nil
}
