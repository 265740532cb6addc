package wire

import (
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/shared-lock/shared-lock/clients/go/internal/keep"
	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

const (
	// Streams that renewals go over in turn, as each is doubted; to as many daemons, if there are.
	ways = 3
	// A stream that is doubted is exchanged for another, over a new connection, but not when it is younger.
	replacedAfter = time.Second
	// So long the ways stay open that are not needed any more: another lease may be kept soon.
	spare = 5 * time.Second
)

// Renewals are the way of all renewals of a client: one stream over a connection of its own, which nothing else can hold up. Once
// an answer is late they go over another one, to the next daemon.
type Renewals struct {
	daemons *Daemons

	mu      sync.Mutex
	streams [ways]*renewalStream
	// Where renewals go now.
	way     int
	last    *Daemon
	isWarm  bool
	resting *time.Timer
}

var _ keep.Ways = (*Renewals)(nil)

// NewRenewals connects with the first renewal.
func NewRenewals(daemons *Daemons) *Renewals {
	return &Renewals{daemons: daemons}
}

// Renew sends one renewal.
func (r *Renewals) Renew(leaseID int64, answered func(keep.Answer)) (doubt func()) {
	r.mu.Lock()
	if r.resting != nil {
		r.resting.Stop()
		r.resting = nil
	}
	stream, err := r.open(r.way)
	if err == nil && r.isWarm {
		_, _ = r.open(r.next())
	}
	r.mu.Unlock()
	if err != nil {
		answered(keep.Answer{Err: err})
		return func() {}
	}
	stream.renew(leaseID, answered)
	return func() { r.doubted(stream) }
}

// KeepWarm opens the next way before it is needed.
func (r *Renewals) KeepWarm(isNeeded bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isWarm = isNeeded
}

// Rest closes the streams in a while; the next renewal opens another one.
func (r *Renewals) Rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.resting == nil {
		r.resting = time.AfterFunc(spare, r.Close)
	}
}

// Close closes the streams.
func (r *Renewals) Close() {
	r.mu.Lock()
	streams := r.streams
	r.streams = [ways]*renewalStream{}
	r.last = nil
	r.mu.Unlock()
	for _, stream := range streams {
		if stream != nil {
			stream.close()
		}
	}
}

// HasEnded says that the lease is known to no daemon any more.
func (r *Renewals) HasEnded(err error) (leasestate.Loss, bool) {
	said := SaidIn(err)
	switch {
	case said.Code != codes.NotFound:
		return leasestate.Loss{}, false
	case said.Reason == "PREEMPTED":
		return leasestate.Loss{Cause: leasestate.Preempted, Reason: said.Message}, true
	default:
		return leasestate.Loss{Cause: leasestate.Ended}, true
	}
}

// Refusal is what is said to a caller who may not renew, or is not known: a policy or a token can be put right before the lease is over.
func (r *Renewals) Refusal(err error) string {
	if said := SaidIn(err); said.Code == codes.PermissionDenied || said.Code == codes.Unauthenticated {
		return said.Message
	}
	return ""
}

// The next renewals go another way; those that this stream has not answered yet are told.
func (r *Renewals) doubted(stream *renewalStream) {
	r.mu.Lock()
	isCurrent := r.streams[r.way] == stream
	if isCurrent {
		r.daemons.Failed(stream.daemon)
		r.way = r.next()
	}
	r.mu.Unlock()
	if isCurrent {
		stream.daemon.Doubt()
		stream.doubt()
	}
}

func (r *Renewals) next() int { return (r.way + 1) % ways }

// It fails if there is no way to any daemon for now.
func (r *Renewals) open(way int) (*renewalStream, error) {
	if present := r.streams[way]; present != nil {
		if !present.isDoubted() || time.Since(present.openedAt) < replacedAfter {
			return present, nil
		}
		// It is kept for the answers that it may still bring, until its deadline for them.
		present.leave()
		r.streams[way] = nil
	}
	daemon, err := r.nextDaemon()
	if err != nil {
		return nil, err
	}
	r.last = daemon
	stream := newRenewalStream(daemon, r.ended)
	r.streams[way] = stream
	return stream, nil
}

// In turn, of those that there is a way to: one that no stream goes to, else one that is not doubted, else any.
func (r *Renewals) nextDaemon() (*Daemon, error) {
	daemon := r.daemons.Current()
	if r.last != nil {
		daemon = r.daemons.After(r.last)
	}
	var best *Daemon
	var bestIsDoubted bool
	var refusal error
	for range r.daemons.Count() {
		stream := r.streamTo(daemon)
		if err := daemon.pace.refusal(); err != nil {
			refusal = err
		} else if stream == nil {
			return daemon, nil
		} else if best == nil || (bestIsDoubted && !stream.isDoubted()) {
			best, bestIsDoubted = daemon, stream.isDoubted()
		}
		daemon = r.daemons.After(daemon)
	}
	if best == nil {
		return nil, refusal
	}
	return best, nil
}

func (r *Renewals) streamTo(daemon *Daemon) *renewalStream {
	for _, stream := range r.streams {
		if stream != nil && stream.daemon == daemon {
			return stream
		}
	}
	return nil
}

// A stream broke, or did not come to be.
func (r *Renewals) ended(stream *renewalStream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for way, each := range r.streams {
		if each != stream {
			continue
		}
		r.daemons.Failed(stream.daemon)
		r.streams[way] = nil
		if way == r.way {
			r.way = r.next()
		}
	}
}
