package keep

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

const ttl = 10 * time.Second

var (
	errGone   = errors.New("gone")
	errDenied = errors.New("denied")
	errOther  = errors.New("unreachable")
)

// Ways that answer as a test says, after a while; nil: never.
type fakeWays struct {
	answer func(try int) *Answer
	delay  time.Duration

	mu     sync.Mutex
	sentAt []time.Duration
	doubts int
	begin  time.Time
	warm   bool
	rested bool
}

func (f *fakeWays) Renew(_ int64, answered func(Answer)) func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sentAt = append(f.sentAt, time.Since(f.begin))
	if answer := f.answer(len(f.sentAt)); answer != nil {
		time.AfterFunc(f.delay, func() { answered(*answer) })
	}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.doubts++
	}
}

func (f *fakeWays) KeepWarm(isNeeded bool) { f.warm = isNeeded }

func (f *fakeWays) Rest() { f.rested = true }

func (f *fakeWays) HasEnded(err error) (leasestate.Loss, bool) {
	return leasestate.Loss{Cause: leasestate.Ended}, errors.Is(err, errGone)
}

func (f *fakeWays) Refusal(err error) string {
	if errors.Is(err, errDenied) {
		return err.Error()
	}
	return ""
}

func (f *fakeWays) sent() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sentAt
}

func kept(t *testing.T, ttl time.Duration, answer func(try int) *Answer, test func(ways *fakeWays, lease *Lease)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ways := &fakeWays{answer: answer, delay: 10 * time.Millisecond, begin: time.Now()}
		lease := New(ways).Keep(1, ttl, time.Now())
		test(ways, lease)
		lease.Stop()
		synctest.Wait()
		if !ways.rested {
			t.Error("the ways don't rest after the last lease")
		}
	})
}

func good(int) *Answer { return &Answer{TTL: ttl} }

func silent(int) *Answer { return nil }

func TestRenewsEveryThird(t *testing.T) {
	kept(t, ttl, good, func(ways *fakeWays, lease *Lease) {
		time.Sleep(time.Minute)
		if count := len(ways.sent()); count < 17 || count > 18 {
			t.Errorf("%d renewals in a minute", count)
		}
		if lease.State().Kind != leasestate.Held {
			t.Error("it is not held")
		}
		lease.Stop()
		before := len(ways.sent())
		time.Sleep(time.Minute)
		if len(ways.sent()) != before {
			t.Error("it is renewed after its end")
		}
	})
}

func TestIsLostBeforeItsEndIfNobodyAnswers(t *testing.T) {
	kept(t, ttl, silent, func(ways *fakeWays, lease *Lease) {
		var lostAfter time.Duration
		lease.Listen(func(_, after leasestate.State) {
			if after.Kind == leasestate.Lost {
				lostAfter = time.Since(ways.begin)
			}
		})
		<-lease.Done()
		synctest.Wait()
		if lostAfter != 8*time.Second {
			t.Errorf("lost after %v", lostAfter)
		}
		if lease.State().Loss.Cause != leasestate.Unreachable {
			t.Errorf("lost by %+v", lease.State().Loss)
		}
	})
}

func TestHedgesOverAnotherWayIfAnAnswerIsLate(t *testing.T) {
	kept(t, ttl, silent, func(ways *fakeWays, lease *Lease) {
		time.Sleep(5 * time.Second)
		sent := ways.sent()
		if len(sent) < 2 || sent[1]-sent[0] != time.Second {
			t.Fatalf("sent after %v", sent)
		}
		if ways.doubts != len(sent)-1 {
			t.Errorf("%d doubts of %d tries", ways.doubts, len(sent))
		}
	})
}

func TestTheFirstAnswerCounts(t *testing.T) {
	// Of each round the first try is never answered.
	second := func(try int) *Answer {
		if try%2 == 1 {
			return nil
		}
		return good(try)
	}
	kept(t, ttl, second, func(ways *fakeWays, lease *Lease) {
		time.Sleep(time.Minute)
		if lease.State().Kind == leasestate.Lost {
			t.Errorf("lost by %+v", lease.State().Loss)
		}
	})
}

func TestAFailureIsNoLossAndIsTriedAgainSoon(t *testing.T) {
	failing := func(try int) *Answer {
		if try%3 != 0 {
			return &Answer{Err: errOther}
		}
		return good(try)
	}
	kept(t, ttl, failing, func(ways *fakeWays, lease *Lease) {
		time.Sleep(time.Minute)
		if lease.State().Kind != leasestate.Held {
			t.Errorf("it is %+v", lease.State())
		}
	})
}

func TestARefusalIsNoLossBeforeTheDeadlineAndIsItsReasonThen(t *testing.T) {
	kept(t, ttl, func(int) *Answer { return &Answer{Err: errDenied} }, func(ways *fakeWays, lease *Lease) {
		time.Sleep(7900 * time.Millisecond)
		if lease.State().Kind != leasestate.Suspect {
			t.Errorf("it is %+v", lease.State())
		}
		<-lease.Done()
		if loss := lease.State().Loss; loss.Cause != leasestate.Unreachable || loss.Reason != "denied" {
			t.Errorf("lost by %+v", loss)
		}
	})
}

func TestAnEndIsALossAtOnce(t *testing.T) {
	kept(t, ttl, func(int) *Answer { return &Answer{Err: errGone} }, func(ways *fakeWays, lease *Lease) {
		<-lease.Done()
		if after := time.Since(ways.begin); after > 3500*time.Millisecond {
			t.Errorf("lost after %v", after)
		}
		if lease.State().Loss.Cause != leasestate.Ended {
			t.Errorf("lost by %+v", lease.State().Loss)
		}
	})
}

func TestAnAnswerAfterTheDeadlineDoesNotSaveIt(t *testing.T) {
	kept(t, ttl, good, func(ways *fakeWays, lease *Lease) {
		ways.mu.Lock()
		ways.delay = 6 * time.Second
		ways.mu.Unlock()
		<-lease.Done()
		if after := time.Since(ways.begin); after != 8*time.Second {
			t.Errorf("lost after %v", after)
		}
		time.Sleep(10 * time.Second)
		if lease.State().Kind != leasestate.Lost {
			t.Error("it was revived")
		}
	})
}

func TestShortLeasesKeepTheNextWayWarm(t *testing.T) {
	kept(t, 2*time.Second, good, func(ways *fakeWays, lease *Lease) {
		if !ways.warm {
			t.Error("the next way is not open")
		}
		time.Sleep(time.Second)
		if sent := ways.sent(); len(sent) == 0 || sent[0] > 500*time.Millisecond {
			t.Errorf("renewed after %v", sent)
		}
	})
}

func TestThereIsALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := New(&fakeWays{answer: silent, begin: time.Now()})
		leases := make([]*Lease, 0, maxLeases)
		for range maxLeases {
			if err := keeper.CheckRoom(); err != nil {
				t.Fatal(err)
			}
			leases = append(leases, keeper.Keep(1, time.Hour, time.Now()))
		}
		if err := keeper.CheckRoom(); !errors.Is(err, ErrFull) {
			t.Errorf("%v", err)
		}
		for _, lease := range leases {
			lease.Stop()
		}
	})
}
