package wire

import (
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// Connections to one daemon; as a rule there is one, with a stream of calls.
	maxLinks = 16
	// A connection that is in doubt is exchanged for another at most so often.
	retireEvery = time.Second
)

// Daemon is one daemon, and the connections to it for calls, waits and watches. Renewals have others.
type Daemon struct {
	Address  string
	settings Settings
	// Of the connections for renewals; gRPC keeps that of the others.
	pace pace
	// For calls that don't wait for something.
	short *turns

	mu        sync.Mutex
	links     []*Link
	retiredAt time.Time
	isClosed  bool
}

func newDaemon(address string, settings Settings) *Daemon {
	d := &Daemon{Address: address, settings: settings}
	d.short = &turns{limit: d.shortLimit}
	return d
}

func (d *Daemon) shortLimit() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, link := range d.links {
		if link.calls != nil && link.calls.IsOpen() {
			return maxShortInStream
		}
	}
	return maxShort
}

// Link is a connection that has room for a call. Leave it when the call has ended.
func (d *Daemon) Link() (*Link, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isClosed {
		return nil, ErrClosed
	}
	for _, link := range d.links {
		if link.enter() {
			return link, nil
		}
	}
	if len(d.links) >= maxLinks {
		return nil, status.Errorf(codes.ResourceExhausted, "this client has too many calls under way at %s", d.Address)
	}
	link, err := newLink(d)
	if err != nil {
		return nil, err
	}
	d.links = append(d.links, link)
	link.enter()
	return link, nil
}

// Doubt says that calls, or renewals, are not answered: maybe only their connection is dead. Later calls get another one; those who wait
// for their turn may go elsewhere.
func (d *Daemon) Doubt() {
	d.short.sendAway(status.Errorf(codes.Unavailable, "the daemon at %s does not answer", d.Address))
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.retiredAt) < retireEvery {
		return
	}
	d.retiredAt = time.Now()
	for _, link := range d.links {
		link.retire()
	}
	d.links = nil
}

// drop forgets a connection that is dead.
func (d *Daemon) drop(link *Link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for at, each := range d.links {
		if each == link {
			d.links = append(d.links[:at:at], d.links[at+1:]...)
			return
		}
	}
}

// dial makes a connection beside the others, for its caller alone.
func (d *Daemon) dial() (*grpc.ClientConn, error) {
	return d.settings.dial(d.Address)
}

func (d *Daemon) close() {
	d.mu.Lock()
	links := d.links
	d.links = nil
	d.isClosed = true
	d.mu.Unlock()
	for _, link := range links {
		link.die()
	}
}
