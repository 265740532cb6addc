// Package keep keeps leases alive: it renews each until it is lost or given back, and tells what becomes of it.
package keep

import (
	"sync"
	"time"

	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

// Listener is told of each new state; a renewal makes a new one too. It must not block.
type Listener func(before, after leasestate.State)

// Lease is one lease that is kept alive.
type Lease struct {
	ID  int64
	TTL time.Duration

	mu        sync.Mutex
	state     leasestate.State
	listeners map[int]Listener
	lastID    int
	isOver    bool
	refusal   string
	// Closed when it is lost or stopped: there is nothing to do any more.
	done chan struct{}
	// There is doubt: it is to be renewed now.
	doubt chan struct{}
}

func newLease(id int64, ttl time.Duration, sentAt time.Time) *Lease {
	return &Lease{
		ID:        id,
		TTL:       ttl,
		state:     leasestate.HeldSince(sentAt, ttl),
		listeners: make(map[int]Listener),
		done:      make(chan struct{}),
		doubt:     make(chan struct{}, 1),
	}
}

// State is what may be believed as of now: it looks at the clock.
func (l *Lease) State() leasestate.State {
	return l.enter(func(s leasestate.State) leasestate.State { return s.Ticked(time.Now()) })
}

// Listen tells of all states from now on, until the function that it returns is called.
func (l *Lease) Listen(listener Listener) (stop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastID++
	id := l.lastID
	l.listeners[id] = listener
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.listeners, id)
	}
}

// Fail ends it: there is no use in it any more.
func (l *Lease) Fail(loss leasestate.Loss) {
	l.enter(func(s leasestate.State) leasestate.State { return s.Failed(time.Now(), loss) })
}

// Stop ends the renewals, and nobody is told of anything any more: its owner gives it back.
func (l *Lease) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isOver {
		l.isOver = true
		close(l.done)
	}
}

// IsOver says whether it is lost, or given back.
func (l *Lease) IsOver() bool {
	isLost := l.State().Kind == leasestate.Lost
	l.mu.Lock()
	defer l.mu.Unlock()
	return isLost || l.isOver
}

// Done is closed when it is lost or given back.
func (l *Lease) Done() <-chan struct{} { return l.done }

func (l *Lease) renewed(sentAt time.Time, ttl time.Duration) {
	l.mu.Lock()
	l.refusal = ""
	l.mu.Unlock()
	l.enter(func(s leasestate.State) leasestate.State { return s.Renewed(time.Now(), sentAt, ttl) })
}

func (l *Lease) stalled() {
	l.enter(func(s leasestate.State) leasestate.State { return s.Stalled(time.Now()) })
}

// refused notes what daemons refuse to renew it with. It says nothing of the lease; the deadline decides.
func (l *Lease) refused(message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusal = message
}

func (l *Lease) enter(next func(leasestate.State) leasestate.State) leasestate.State {
	l.mu.Lock()
	before := l.state
	after := next(before)
	if l.isOver || after == before {
		l.mu.Unlock()
		return before
	}
	if after.Kind == leasestate.Lost {
		if after.Loss.Cause == leasestate.Unreachable {
			after.Loss.Reason = l.refusal
		}
		l.isOver = true
		close(l.done)
	}
	l.state = after
	listeners := make([]Listener, 0, len(l.listeners))
	for _, listener := range l.listeners {
		listeners = append(listeners, listener)
	}
	l.mu.Unlock()
	if after.Kind == leasestate.Suspect && before.Kind == leasestate.Held {
		select {
		case l.doubt <- struct{}{}:
		default:
		}
	}
	for _, listener := range listeners {
		listener(before, after)
	}
	return after
}
