// Package leasestate says what a holder may believe of its lease, by its own monotonic clock alone:
//
//	Held ──half of the TTL without a renewal, or a stall──▶ Suspect ──TTL less the margin──▶ Lost
//	  ◀──────────────── renewed, sent after the doubt ──────────┘
//	Held, Suspect ──the daemon says that it has ended──▶ Lost
//
// A lease counts from when the last renewal that succeeded was SENT: the store counts from when it arrived, which is
// later. So Lost comes before anybody else can be granted what the lease held, whatever daemons say or don't.
package leasestate

import "time"

// Kind is where a lease stands.
type Kind int

const (
	// Held: half of the TTL has not passed since the last renewal was sent.
	Held Kind = iota
	// Suspect: it may well be held, until LostAt; but it is time to renew at once.
	Suspect
	// Lost is final: not even a renewal that succeeds revives it.
	Lost
)

// Cause is why a lease, or what it held, was lost.
type Cause string

// The causes that there are.
const (
	// No renewal succeeded in time.
	Unreachable Cause = "UNREACHABLE"
	// The daemon knows no such lease: it has expired or was revoked.
	Ended Cause = "ENDED"
	// The owner of the session ended it.
	Revoked Cause = "REVOKED"
	// An operator took the lock away.
	Preempted Cause = "PREEMPTED"
	// The lease lives, but it does not hold the lock any more.
	NotHolder Cause = "NOT_HOLDER"
)

// Loss is how a lease was lost.
type Loss struct {
	Cause Cause
	// What the operator said, or what the last renewals were refused with.
	Reason string
	// Of Unreachable: how long after the deadline it was noticed; much, if the process stood still.
	Late time.Duration
}

// State is what may be believed. All times are readings of the monotonic clock.
type State struct {
	Kind Kind
	// When the last renewal that succeeded was sent.
	SentAt time.Time
	TTL    time.Duration
	// When it is Suspect, and when Lost, without another renewal.
	SuspectAt, LostAt time.Time
	// Of Suspect: a renewal proves something only if it was sent then or later.
	DoubtedAt time.Time
	// Of Lost.
	Loss Loss
}

const (
	minMargin   = time.Second
	marginShare = 5 // a fifth
)

// Margin is how long before the TTL is over the lease counts as lost: the larger of 1 s and 20 % of the TTL, for clocks
// that drift and for what it takes to stop working; at most half of the TTL, so that a TTL of 1 s leaves time to work.
func Margin(ttl time.Duration) time.Duration {
	return min(max(minMargin, ttl/marginShare), ttl/2)
}

// HeldSince is the state of a lease that was granted ttl by a request that was sent at sentAt.
func HeldSince(sentAt time.Time, ttl time.Duration) State {
	return State{
		Kind:      Held,
		SentAt:    sentAt,
		TTL:       ttl,
		SuspectAt: sentAt.Add(ttl / 2),
		LostAt:    sentAt.Add(ttl - Margin(ttl)),
	}
}

// Ticked looks at the clock.
func (s State) Ticked(now time.Time) State {
	switch {
	case s.Kind == Lost:
		return s
	case !now.Before(s.LostAt):
		s.Kind = Lost
		s.Loss = Loss{Cause: Unreachable, Late: now.Sub(s.LostAt)}
	case s.Kind == Held && !now.Before(s.SuspectAt):
		s.Kind = Suspect
		s.DoubtedAt = s.SentAt
	}
	return s
}

// Renewed is what a renewal makes of it that was sent at sentAt. What came too late can't save a lease.
func (s State) Renewed(now, sentAt time.Time, ttl time.Duration) State {
	s = s.Ticked(now)
	// The answer of a renewal that was sent before the one that counts says nothing new.
	if s.Kind == Lost || !sentAt.After(s.SentAt) {
		return s
	}
	after := HeldSince(sentAt, ttl)
	if s.Kind == Suspect && sentAt.Before(s.DoubtedAt) {
		after.Kind = Suspect
		after.DoubtedAt = s.DoubtedAt
	}
	return after.Ticked(now)
}

// Stalled doubts it: this process stood still, or its machine slept, maybe unnoticed by the clock.
func (s State) Stalled(now time.Time) State {
	s = s.Ticked(now)
	if s.Kind != Lost {
		s.Kind = Suspect
		s.DoubtedAt = now
	}
	return s
}

// Failed is final: the daemon says so. That it can't be reached is no event; only the deadline decides then.
func (s State) Failed(now time.Time, loss Loss) State {
	s = s.Ticked(now)
	if s.Kind != Lost {
		s.Kind = Lost
		s.Loss = loss
	}
	return s
}

// NextTick is when Ticked is due; the zero time if never.
func (s State) NextTick() time.Time {
	switch s.Kind {
	case Held:
		return s.SuspectAt
	case Suspect:
		return s.LostAt
	default:
		return time.Time{}
	}
}
