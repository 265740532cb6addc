package sharedlock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/shared-lock/shared-lock/clients/go/internal/backoff"
	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
	"github.com/shared-lock/shared-lock/clients/go/internal/wire"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// Hold is a lock that is tied to a stream: a daemon renews it as long as the stream is open, and it is free at once when that ends, also if
// this process dies. If the daemon goes, the client goes on with the same grant at another one.
type Hold struct {
	client *Client
	name   string
	title  string
	grant  *pb.Grant
	quiet  time.Duration
	ctx    context.Context
	cancel context.CancelCauseFunc
	// Ends its streams.
	streams    context.Context
	endStreams context.CancelFunc
	// Closed when it is over.
	over chan struct{}

	mu         sync.Mutex
	stream     holdStream
	heardAt    time.Time
	lost       *LostError
	isReleased bool
}

type holdStream = grpc.BidiStreamingClient[pb.HoldRequest, pb.HoldResponse]

// Hold takes a lock by the RPC Hold, and waits as Lock does; whoever waits loses its place if the connection breaks. Options: WithTTL (of what a daemon
// that dies leaves behind), WithWait, WithOwner, WithValue, WithLabels, Shared, Permits.
func (c *Client) Hold(ctx context.Context, name string, options ...Option) (*Hold, error) {
	o := c.taken(options)
	waiting, stop := c.waiting(ctx)
	defer stop()
	h := &Hold{client: c, name: name, title: fmt.Sprintf("lock %q", name), over: make(chan struct{})}
	h.streams, h.endStreams = context.WithCancel(context.WithoutCancel(ctx))
	cancellable, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	h.ctx, h.cancel = &heldContext{Context: cancellable, look: h.look}, cancel
	stopWaiting := context.AfterFunc(waiting, h.endStreams)
	err := h.take(waiting, o)
	if !stopWaiting() && err == nil {
		err = context.Cause(waiting)
	}
	if err == nil {
		err = c.own(h)
	}
	if err != nil {
		h.endStreams()
		return nil, err
	}
	go h.keep()
	return h, nil
}

// Name is that of the lock.
func (h *Hold) Name() string { return h.name }

// Token is its fencing token.
func (h *Hold) Token() int64 { return h.grant.GetFencingToken() }

// Context is as that of a lock.
func (h *Hold) Context() context.Context { return h.ctx }

// Err is as that of a lock.
func (h *Hold) Err() error {
	if h.ctx.Err() == nil {
		return nil
	}
	return context.Cause(h.ctx)
}

// Confirm is as that of a lock.
func (h *Hold) Confirm(ctx context.Context) error {
	if err := h.Err(); err != nil {
		return err
	}
	isCurrent, err := h.client.CheckToken(ctx, h.name, h.Token())
	if err != nil {
		return err
	}
	if !isCurrent {
		h.lose(leasestate.Loss{Cause: CauseNotHolder})
	}
	return h.Err()
}

// Unlock ends the stream, and with it the hold. It returns a *LostError if that was lost before. Idempotent.
func (h *Hold) Unlock(ctx context.Context) error {
	h.look()
	h.mu.Lock()
	isFirst := !h.isReleased && h.lost == nil
	h.isReleased = h.isReleased || isFirst
	stream := h.stream
	h.mu.Unlock()
	if isFirst {
		h.cancel(ErrUnlocked)
		_ = stream.CloseSend() // Then `released` is told; and if the stream is broken, the lock is free, or will be with its TTL.
		time.AfterFunc(h.client.deadline, h.endStreams)
	}
	if errors.Is(context.Cause(ctx), ErrUnlocked) {
		ctx = context.WithoutCancel(ctx)
	}
	select {
	case <-h.over:
	case <-ctx.Done():
		h.endStreams() // That frees it, too.
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lost != nil {
		return h.lost
	}
	return nil
}

// keep reads the stream, and goes on over another one, until it is over.
func (h *Hold) keep() {
	defer close(h.over)
	defer h.endStreams()
	defer h.client.disown(h)
	alarm := time.AfterFunc(h.untilQuiet(), h.look)
	defer alarm.Stop()
	for {
		h.mu.Lock()
		stream := h.stream
		h.mu.Unlock()
		event, err := stream.Recv()
		if err == nil {
			if h.heard(event) {
				return
			}
			alarm.Reset(h.untilQuiet())
			continue
		}
		if h.Err() != nil || !h.resume(err) {
			return
		}
		alarm.Reset(h.untilQuiet())
	}
}

func (h *Hold) untilQuiet() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.heardAt.Add(h.quiet))
}

// True if it is the last event.
func (h *Hold) heard(event *pb.HoldResponse) bool {
	// What comes too late can't save it.
	h.look()
	h.mu.Lock()
	h.heardAt = time.Now()
	h.mu.Unlock()
	switch event := event.GetEvent().(type) {
	case *pb.HoldResponse_Lost:
		h.lose(lossOf(event.Lost))
		return true
	case *pb.HoldResponse_Released_:
		return true
	default:
		return false
	}
}

// resume takes the grant over at a daemon, as long as the silence may last.
func (h *Hold) resume(err error) bool {
	for try := 1; ; try++ {
		if !wire.MayRepeat(err) && codes.Unknown != wire.SaidIn(err).Code {
			h.lose(leasestate.Loss{Cause: CauseEnded, Reason: wire.SaidIn(err).Message})
			return false
		}
		if backoff.Sleep(h.ctx, backoff.Before(try)) != nil || h.Err() != nil {
			return false
		}
		stream, begun, failure := h.open(&pb.HoldRequest{
			Name: h.name, Resume: &pb.Resume{LeaseId: h.grant.GetLeaseId(), FencingToken: h.grant.GetFencingToken()},
		})
		if failure == nil {
			var isOver bool
			if isOver, failure = h.resumed(stream); failure == nil {
				return !isOver
			}
			failure = begun.Ended(failure)
		}
		err = failure
	}
}

func (h *Hold) resumed(stream holdStream) (isOver bool, err error) {
	for {
		event, err := stream.Recv()
		if err != nil {
			return false, err
		}
		if event.GetAcquired() != nil && h.Err() == nil {
			h.acquired(stream, event.GetAcquired())
			return false, nil
		}
		if h.heard(event) {
			return true, nil
		}
	}
}

// look looks at the clock: who hears nothing for too long must count it as lost.
func (h *Hold) look() {
	h.mu.Lock()
	late := time.Since(h.heardAt.Add(h.quiet))
	isQuiet := h.grant != nil && late >= 0
	h.mu.Unlock()
	if isQuiet {
		h.lose(leasestate.Loss{Cause: CauseUnreachable, Late: late})
	}
}

func (h *Hold) lose(loss leasestate.Loss) {
	h.mu.Lock()
	isNew := h.lost == nil && !h.isReleased
	if isNew {
		h.lost = lostBy(fmt.Sprintf("%s (fencing token %d)", h.title, h.Token()), h.name, h.Token(), loss)
	}
	h.mu.Unlock()
	if isNew {
		h.cancel(h.lost)
		h.endStreams()
	}
}

func lossOf(end *pb.HoldEnd) leasestate.Loss {
	loss := leasestate.Loss{Cause: Cause(end.GetCause().String()), Reason: end.GetReason()}
	if end.GetCause() == pb.HoldEnd_UNKNOWN || end.GetCause() == pb.HoldEnd_RELEASED {
		loss.Cause = CauseEnded
	}
	return loss
}

func (h *Hold) callOff(cause error) { h.cancel(cause) }

func (h *Hold) giveBack(ctx context.Context) error { return h.Unlock(ctx) }
