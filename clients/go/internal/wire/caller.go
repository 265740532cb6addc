package wire

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/shared-lock/shared-lock/clients/go/internal/backoff"
)

// One try of a call that does not wait takes this share of its deadline.
const triesADeadline = 3

// ErrClosed is what a call ends with if the client is closed.
var ErrClosed = errors.New("the client was closed")

// Caller calls methods, at another daemon or again where one can't be reached, with pauses, until the call's time is over.
// So every request that is sent this way must be one that may arrive twice: a read, one that ends or renews something, or
// one with a request_id, which stays the same over all tries. It is a grpc.ClientConnInterface.
type Caller struct {
	daemons  *Daemons
	settings Settings
	closing  context.Context
}

var _ grpc.ClientConnInterface = (*Caller)(nil)

// NewCaller makes a caller whose calls end when closing is done.
func NewCaller(settings Settings, daemons *Daemons, closing context.Context) *Caller {
	return &Caller{daemons: daemons, settings: settings, closing: closing}
}

// Invoke makes a call within the client's deadline, or that of ctx if it is sooner.
func (c *Caller) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	return c.invoke(ctx, c.settings.Deadline, c.silence(), func(ctx context.Context, link *Link) error {
		return link.Invoke(ctx, method, args, reply, opts...)
	})
}

// Wait makes a call that a daemon may answer after a long time. `try` is given what is left of `limit`.
func (c *Caller) Wait(
	ctx context.Context, limit time.Duration, try func(ctx context.Context, conn grpc.ClientConnInterface) error,
) error {
	return c.invoke(ctx, limit, limit, func(ctx context.Context, link *Link) error { return try(ctx, link) })
}

// How long a daemon may be silent.
func (c *Caller) silence() time.Duration { return c.settings.Deadline / triesADeadline }

// NewStream begins a stream at the daemon that works; whoever reads it begins another one if it breaks.
func (c *Caller) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	return c.streamAt(ctx, c.daemons.Current(), desc, method, opts...)
}

func (c *Caller) streamAt(
	ctx context.Context, daemon *Daemon, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	link, err := daemon.Link()
	if err != nil {
		return nil, err
	}
	stream, err := link.NewStream(ctx, desc, method, opts...)
	if err != nil {
		link.Leave()
		return nil, err
	}
	context.AfterFunc(stream.Context(), link.Leave)
	return stream, nil
}

func (c *Caller) invoke(
	ctx context.Context, limit, tryLimit time.Duration, call func(context.Context, *Link) error,
) error {
	end := time.Now().Add(limit)
	ctx, stop := c.linked(ctx)
	defer stop()
	isRefused := false
	var failure error
	for try := 1; ; try++ {
		daemon := c.daemons.Current()
		isOfToken, err := c.inTurn(ctx, daemon, end, tryLimit, call)
		if err == nil {
			c.daemons.Prefer(daemon)
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if isOfToken && !isRefused {
			isRefused = true // Another token may be better.
			continue
		}
		if !MayRepeat(err) {
			return err
		}
		c.daemons.Failed(daemon)
		// What was said of one daemon says more than that the next one had no time left to answer.
		if failure == nil || status.Code(err) == codes.Unavailable {
			failure = err
		}
		// First all daemons, then pauses.
		pause := backoff.Before(try - c.daemons.Count() + 1)
		if try < c.daemons.Count() {
			pause = 0
		}
		if time.Now().Add(pause).After(end) {
			return failure
		}
		if backoff.Sleep(ctx, pause) != nil {
			return context.Cause(ctx)
		}
	}
}

// One try, as soon as it has its turn: its time counts from then. What waits for something has no need of one.
func (c *Caller) inTurn(
	ctx context.Context, daemon *Daemon, end time.Time, limit time.Duration, call func(context.Context, *Link) error,
) (isOfToken bool, err error) {
	if limit <= c.silence() {
		waiting, cancel := context.WithDeadline(ctx, end)
		defer cancel()
		if err := daemon.short.enter(waiting); err != nil {
			if waiting.Err() != nil {
				err = status.Errorf(codes.DeadlineExceeded, "too much is asked of the daemon at %s to have a turn in time", daemon.Address)
			}
			return false, err
		}
		defer daemon.short.leave()
	}
	return c.once(ctx, daemon, min(limit, time.Until(end)), call)
}

// One try at one daemon. isOfToken: it was refused, and another token can be had.
func (c *Caller) once(
	ctx context.Context, daemon *Daemon, limit time.Duration, call func(context.Context, *Link) error,
) (isOfToken bool, err error) {
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if ctx, err = c.settings.Tokens.into(ctx); err != nil {
		return false, err
	}
	sentAt := time.Now()
	link, err := daemon.Link()
	if err != nil {
		return false, err
	}
	defer link.Leave()
	if err = call(ctx, link); status.Code(err) == codes.DeadlineExceeded && ctx.Err() != nil {
		// A call that had little time says nothing of the daemon.
		if limit >= c.silence() && caller.Err() == nil {
			daemon.Doubt()
		}
		return false, status.Errorf(
			codes.DeadlineExceeded, "the daemon at %s did not answer within %v", daemon.Address, limit.Round(time.Millisecond))
	}
	return c.settings.Tokens.refused(err, sentAt), err
}

// linked is done too when the client is closed, with ErrClosed as its cause.
func (c *Caller) linked(ctx context.Context) (context.Context, func()) {
	linked, cancel := context.WithCancelCause(ctx)
	if c.closing.Err() != nil {
		cancel(ErrClosed)
	}
	unlink := context.AfterFunc(c.closing, func() { cancel(ErrClosed) })
	return linked, func() {
		unlink()
		cancel(nil)
	}
}

// MayRepeat says whether an error is no answer of a daemon: it says nothing about what was asked, and another may know better.
func MayRepeat(err error) bool {
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}
