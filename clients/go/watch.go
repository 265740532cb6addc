package sharedlock

import (
	"context"
	"iter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/shared-lock/shared-lock/clients/go/internal/backoff"
	"github.com/shared-lock/shared-lock/clients/go/internal/wire"
)

// A stream that is cut earlier may be cut again and again: another one begins after a pause, which grows.
const steady = time.Second

type receiver[M any] interface {
	wire.Headed
	Recv() (*M, error)
}

type revised interface{ GetRevision() int64 }

// How a watch goes on where it was cut.
type watched[M any] struct {
	// from 0: with the state of now.
	open func(ctx context.Context, conn grpc.ClientConnInterface, from int64) (receiver[M], error)
	// Whether it is a whole state, so that nothing else of its revision follows.
	isState func(*M) bool
	// What stands for the first message of a stream that begins anew with the state of now, since changes were missed.
	resync func(first *M) []*M
}

// watch tells every message once, in order, over as many streams as it takes; where history is gone, it goes on with the state of now,
// marked as RESYNC. It ends without an error when ctx is done; with one if a daemon refuses it, or none can be reached for longer than
// the client's deadline.
func watch[M any](ctx context.Context, c *Client, w watched[M]) iter.Seq2[*M, error] {
	return func(yield func(*M, error) bool) {
		linked, stop := c.waiting(ctx)
		defer stop()
		t := &watching[M]{client: c, watched: w, yield: yield}
		for try := 1; ; try++ {
			err, isLeft := t.oneStream(linked)
			switch {
			case isLeft, ctx.Err() != nil:
				return
			case c.stopping.Err() != nil:
				yield(nil, ErrClosed)
				return
			case !t.goesOn(err):
				yield(nil, errorOf(err))
				return
			}
			if t.took >= steady {
				try = 0
				continue
			}
			// If ctx is done meanwhile, the next stream ends at once.
			_ = backoff.Sleep(linked, backoff.Before(try))
		}
	}
}

type watching[M any] struct {
	watched[M]
	client   *Client
	yield    func(*M, error) bool
	progress progress
	hasTold  bool
	// How long the last stream lasted; and since when no daemon takes one.
	took      time.Duration
	outage    time.Time
	isRefused bool
}

func (t *watching[M]) oneStream(ctx context.Context) (err error, isLeft bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t.took = 0
	after := t.progress.resumeAfter()
	messages, begun, err := wire.Stream(ctx, t.client.caller, func(ctx context.Context, conn grpc.ClientConnInterface) (receiver[M], error) {
		return t.open(ctx, conn, after)
	})
	if err != nil {
		return err, false
	}
	if begun.Age() > 0 {
		t.outage, t.isRefused = time.Time{}, false
	}
	mustMark := after == 0 && t.hasTold
	for {
		message, err := messages.Recv()
		if err != nil {
			t.took = begun.Age()
			return begun.Ended(err), false
		}
		told := []*M{message}
		if mustMark {
			told, mustMark = t.resync(message), false
		}
		for _, each := range told {
			t.hasTold = true
			revision := any(each).(revised).GetRevision()
			if !t.progress.isNew(revision, t.isState(each)) {
				continue
			}
			if !t.yield(each, nil) {
				return nil, true
			}
		}
	}
}

func (t *watching[M]) goesOn(err error) bool {
	said := wire.SaidIn(err)
	if said.Reason == "COMPACTED" {
		t.progress = progress{}
		return true
	}
	if said.Reason == "SLOW_WATCHER" {
		return true
	}
	if said.Code == codes.Unauthenticated && !t.isRefused {
		t.isRefused = true // Another token may be better.
		return true
	}
	if !wire.MayRepeat(err) {
		return false
	}
	// Since the first failure, not since the last event: a watch may be quiet for hours.
	if t.outage.IsZero() {
		t.outage = time.Now()
	}
	return time.Since(t.outage) < t.client.deadline
}

// How far a watch has come, over all its streams. Several messages can have one revision; a stream that was cut between them is resumed
// before that revision, and what was told of it is not told again.
type progress struct {
	// Everything up to here was told.
	after                    int64
	revision                 int64
	toldOfRevision, seenOfIt int
}

// Where the next stream begins; 0: with the state of now.
func (p *progress) resumeAfter() int64 {
	p.seenOfIt = 0
	return p.after
}

// Counts a message. A state is always new, and nothing else of its revision follows.
func (p *progress) isNew(revision int64, isState bool) bool {
	if isState {
		*p = progress{after: revision, revision: revision}
		return true
	}
	// Revisions never fall: of several documents of one revision all but the last have the one before, and come again with it.
	if revision < p.revision {
		return false
	}
	if revision > p.revision {
		*p = progress{after: max(revision-1, 0), revision: revision}
	}
	p.seenOfIt++
	if p.seenOfIt <= p.toldOfRevision {
		return false
	}
	p.toldOfRevision = p.seenOfIt
	return true
}
