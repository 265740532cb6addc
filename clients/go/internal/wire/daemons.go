// Package wire is the way to the daemons: connections, calls that are repeated where that is safe, and renewals.
package wire

import (
	"crypto/tls"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

const maxMessageBytes = 16 << 20

// Settings are how to reach the daemons, completed and checked.
type Settings struct {
	Addresses []string
	// Nil: none.
	TLS *tls.Config
	// Nil: nobody is told who calls.
	Tokens *Tokens
	// How long a call may take that does not wait, with all its tries.
	Deadline time.Duration
	// Whether calls go together over one stream.
	CallStream bool
}

func (s Settings) dial(address string) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if s.TLS != nil {
		transport = credentials.NewTLS(s.TLS.Clone())
	}
	return grpc.NewClient(targetOf(address),
		grpc.WithTransportCredentials(transport),
		// Repeating is the caller's business: it knows what is safe.
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		// Daemons are near; a proxy for the web would only be in the way.
		grpc.WithNoProxy(),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: 3 * time.Second,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes)),
	)
}

// Daemons are the daemons of one storage: the first that works is used until it fails, then the next.
type Daemons struct {
	all []*Daemon

	mu      sync.Mutex
	current int
}

// NewDaemons connects to none of them yet.
func NewDaemons(settings Settings) *Daemons {
	d := &Daemons{}
	for _, address := range settings.Addresses {
		d.all = append(d.all, newDaemon(address, settings))
	}
	return d
}

// Count is how many there are; one at least.
func (d *Daemons) Count() int { return len(d.all) }

// Current is the one to use.
func (d *Daemons) Current() *Daemon {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all[d.current]
}

// After is the one whose turn comes after that one's; the same if there is no other.
func (d *Daemons) After(daemon *Daemon) *Daemon {
	return d.all[(d.indexOf(daemon)+1)%len(d.all)]
}

// Prefer says that it works: use it.
func (d *Daemons) Prefer(daemon *Daemon) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.current = d.indexOf(daemon)
}

// Failed says that it did not answer: the next one is used, unless that has happened already.
func (d *Daemons) Failed(daemon *Daemon) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all[d.current] == daemon {
		d.current = (d.current + 1) % len(d.all)
	}
}

// Close ends what is under way at once.
func (d *Daemons) Close() {
	for _, daemon := range d.all {
		daemon.close()
	}
}

func (d *Daemons) indexOf(daemon *Daemon) int {
	for at, each := range d.all {
		if each == daemon {
			return at
		}
	}
	return 0
}
