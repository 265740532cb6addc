package wire

import (
	"sync"
	"time"

	"github.com/shared-lock/shared-lock/clients/go/internal/backoff"
)

// pace keeps attempts to connect apart: after one that failed there is none until a pause is over, however many wait for it.
type pace struct {
	mu      sync.Mutex
	fails   int
	until   time.Time
	failure error
}

// refusal is why there is no way to the daemon for now; nil: there may be one.
func (p *pace) refusal() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.until) {
		return p.failure
	}
	return nil
}

func (p *pace) failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails++
	p.failure = err
	p.until = time.Now().Add(backoff.Before(p.fails))
}

func (p *pace) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails = 0
}
