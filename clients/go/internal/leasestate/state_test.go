package leasestate

import (
	"testing"
	"time"
)

const ttl = 10 * time.Second

var start = time.Now()

func at(offset time.Duration) time.Time { return start.Add(offset) }

func TestMarginIsTheLargerOfOneSecondAndAFifthAndAtMostHalf(t *testing.T) {
	for ttl, wanted := range map[time.Duration]time.Duration{
		time.Second:      500 * time.Millisecond,
		3 * time.Second:  time.Second,
		10 * time.Second: 2 * time.Second,
		time.Minute:      12 * time.Second,
	} {
		if margin := Margin(ttl); margin != wanted {
			t.Errorf("of %v: %v instead of %v", ttl, margin, wanted)
		}
	}
}

func TestTimePasses(t *testing.T) {
	s := HeldSince(start, ttl)
	for _, step := range []struct {
		at   time.Duration
		kind Kind
	}{{4999 * time.Millisecond, Held}, {5 * time.Second, Suspect}, {7999 * time.Millisecond, Suspect}, {8 * time.Second, Lost}} {
		if s = s.Ticked(at(step.at)); s.Kind != step.kind {
			t.Fatalf("after %v it is %v", step.at, s.Kind)
		}
	}
	if s.Loss.Cause != Unreachable || s.Loss.Late != 0 {
		t.Fatalf("lost by %+v", s.Loss)
	}
	if late := HeldSince(start, ttl).Ticked(at(time.Minute)); late.Loss.Late != 52*time.Second {
		t.Fatalf("%v late", late.Loss.Late)
	}
}

func TestRenewalCountsFromWhenItWasSent(t *testing.T) {
	s := HeldSince(start, ttl).Renewed(at(4*time.Second), at(3*time.Second), ttl)
	if !s.LostAt.Equal(at(11 * time.Second)) {
		t.Fatalf("lost at %v", s.LostAt.Sub(start))
	}
	if after := s.Renewed(at(5*time.Second), at(2*time.Second), ttl); after != s {
		t.Fatal("the answer of an older one counts")
	}
}

func TestNothingRevivesWhatIsLost(t *testing.T) {
	s := HeldSince(start, ttl).Renewed(at(8*time.Second), at(7*time.Second), ttl)
	if s.Kind != Lost {
		t.Fatalf("an answer that came at the deadline saved it: %v", s.Kind)
	}
	for _, after := range []State{s.Renewed(at(9*time.Second), at(9*time.Second), ttl), s.Stalled(at(9 * time.Second))} {
		if after != s {
			t.Fatal("it is not final")
		}
	}
}

func TestAfterAStallOnlyARenewalSentLaterProvesSomething(t *testing.T) {
	s := HeldSince(start, ttl).Stalled(at(2 * time.Second))
	if s.Kind != Suspect {
		t.Fatal("it is not in doubt")
	}
	if after := s.Renewed(at(3*time.Second), at(time.Second), ttl); after.Kind != Suspect {
		t.Fatal("a renewal that was sent before the stall ended the doubt")
	}
	if after := s.Renewed(at(3*time.Second), at(2*time.Second), ttl); after.Kind != Held {
		t.Fatal("a renewal that was sent after the stall did not end the doubt")
	}
}

func TestStall(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		later time.Time
		has   bool
	}{
		"in time":                     {now.Add(time.Second), false},
		"a little late":               {now.Add(1900 * time.Millisecond), false},
		"the process stood still":     {now.Add(2100 * time.Millisecond), true},
		"the wall clock ran backward": {now.Add(time.Second).Round(0).Add(-time.Hour), false},
		// Without a monotonic reading both are the wall's: as after a sleep of which that clock knows nothing.
		"the machine slept": {now.Round(0).Add(time.Hour), true},
	} {
		if has := HasStalled(now, c.later, time.Second); has != c.has {
			t.Errorf("%s: %v", name, has)
		}
	}
}
