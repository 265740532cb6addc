package wire

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestTurnsAreFewAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := &turns{limit: func() int { return 2 }}
		var all sync.WaitGroup
		var mu sync.Mutex
		var order []int
		atOnce := 0
		for at := range 10 {
			all.Go(func() {
				if err := places.enter(t.Context()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, at)
				atOnce++
				if atOnce > 2 {
					t.Errorf("%d at once", atOnce)
				}
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				atOnce--
				mu.Unlock()
				places.leave()
			})
			synctest.Wait()
		}
		all.Wait()
		for at, each := range order {
			// Two at a time, in whatever order of these.
			if at/2 != each/2 {
				t.Errorf("in the order %v", order)
			}
		}
	})
}

func TestWhoGivesUpLeavesNoTurnTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := &turns{limit: func() int { return 1 }}
		if err := places.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := places.enter(impatient); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		sent := errors.New("sent away")
		go func() {
			time.Sleep(time.Second)
			places.sendAway(sent)
		}()
		if err := places.enter(t.Context()); !errors.Is(err, sent) {
			t.Fatal(err)
		}
		places.leave()
		if err := places.enter(t.Context()); err != nil || places.taken != 1 {
			t.Fatalf("%v, %d taken", err, places.taken)
		}
	})
}
