package keep

import (
	"errors"
	"sync"
	"time"

	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

const (
	maxLeases = 10_000
	tick      = time.Second
	// A lease of less has no time to wait for a new connection once a renewal is late.
	shortTTL = 5 * time.Second
)

// Answer is how one renewal ended, or that it is in doubt.
type Answer struct {
	TTL time.Duration
	Err error
	// No answer yet: another renewal, sent the same way, was not answered in time, and this one neither.
	IsDoubted bool
}

// Ways are how renewals are sent.
type Ways interface {
	// Renew sends one renewal. `answered` is called any number of times with IsDoubted, and then once without; it must not block.
	// `doubt`: the answer is late, and the next renewals shall go another way.
	Renew(leaseID int64, answered func(Answer)) (doubt func())
	// KeepWarm says whether the next way is to be open before it is needed: there is a lease that could not wait for that.
	KeepWarm(isNeeded bool)
	// Rest: nothing is to be renewed for now.
	Rest()
	// HasEnded says whether an error means that there is no such lease any more, and since it was taken away.
	HasEnded(err error) (loss leasestate.Loss, hasEnded bool)
	// Refusal is what an error says if the caller may not renew, or is not known.
	Refusal(err error) string
}

// ErrFull is returned if 10,000 leases are kept already.
var ErrFull = errors.New("this client keeps 10000 leases already; take more locks with one session")

// Keeper keeps all leases of a client, and looks out for stalls.
type Keeper struct {
	ways Ways

	mu     sync.Mutex
	leases map[*Lease]struct{}
	shorts int
	ticker chan struct{}
}

// New makes a keeper that renews over those ways.
func New(ways Ways) *Keeper {
	return &Keeper{ways: ways, leases: make(map[*Lease]struct{})}
}

// CheckRoom returns ErrFull if no further lease can be kept.
func (k *Keeper) CheckRoom() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.leases) >= maxLeases {
		return ErrFull
	}
	return nil
}

// Keep renews a lease from now on. `sentAt`: when the request was sent that was answered with it, or with its last renewal.
func (k *Keeper) Keep(id int64, ttl time.Duration, sentAt time.Time) *Lease {
	lease := newLease(id, ttl, sentAt)
	k.mu.Lock()
	k.leases[lease] = struct{}{}
	if ttl < shortTTL {
		k.shorts++
		if k.shorts == 1 {
			k.ways.KeepWarm(true)
		}
	}
	if k.ticker == nil {
		k.ticker = make(chan struct{})
		go k.lookOut(k.ticker)
	}
	k.mu.Unlock()
	go func() {
		(&renewer{ways: k.ways, lease: lease, answers: make(chan answer, answersQueued)}).run(sentAt)
		k.drop(lease)
	}()
	return lease
}

func (k *Keeper) drop(lease *Lease) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.leases, lease)
	if lease.TTL < shortTTL {
		k.shorts--
		if k.shorts == 0 {
			k.ways.KeepWarm(false)
		}
	}
	if len(k.leases) == 0 {
		close(k.ticker)
		k.ticker = nil
		k.ways.Rest()
	}
}

func (k *Keeper) lookOut(stop <-chan struct{}) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	earlier := time.Now()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		later := time.Now()
		if leasestate.HasStalled(earlier, later, tick) {
			for _, lease := range k.all() {
				lease.stalled()
			}
		}
		earlier = later
	}
}

func (k *Keeper) all() []*Lease {
	k.mu.Lock()
	defer k.mu.Unlock()
	leases := make([]*Lease, 0, len(k.leases))
	for lease := range k.leases {
		leases = append(leases, lease)
	}
	return leases
}
