package socket

import (
	"context"
	"net"
)

// SetDial makes the client reach its server through dial.
func (c *Client) SetDial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	c.dial = dial
}

// MaxHandlers is the bound on envelopes handled at once.
const MaxHandlers = maxHandlers
