package wire

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Begun is a stream at a daemon.
type Begun struct {
	caller *Caller
	daemon *Daemon
	// Its token was had before.
	sentAt   time.Time
	isSilent bool
	takenAt  time.Time
}

// Headed is a stream of a generated stub.
type Headed interface {
	Header() (metadata.MD, error)
}

// Stream begins a stream at the daemon that works. A daemon that takes a stream says so at once: one that does not counts as one that is not
// there. The stream must be read to its end, or ctx be done.
func Stream[S Headed](
	ctx context.Context, c *Caller, open func(ctx context.Context, conn grpc.ClientConnInterface) (S, error),
) (S, *Begun, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	b := &Begun{caller: c, daemon: c.daemons.Current()}
	silence := time.AfterFunc(c.silence(), func() { cancel(errSilent) })
	stream, err := open(ctx, atDaemon{c, b.daemon})
	var header metadata.MD
	if err == nil {
		header, err = stream.Header()
	}
	silence.Stop()
	b.sentAt = time.Now()
	b.isSilent = errors.Is(context.Cause(ctx), errSilent)
	if b.isSilent {
		err = errSilent
	}
	if err != nil {
		cancel(nil)
		return stream, b, b.Ended(err)
	}
	if header != nil {
		b.takenAt = time.Now()
	}
	return stream, b, nil
}

var errSilent = status.Error(codes.DeadlineExceeded, "the daemon did not take the stream in time")

// Age is for how long a daemon has had it; 0 if none has.
func (b *Begun) Age() time.Duration {
	if b.takenAt.IsZero() {
		return 0
	}
	return time.Since(b.takenAt)
}

// Ended takes into account how the stream ended, and says it.
func (b *Begun) Ended(err error) error {
	if errors.Is(err, io.EOF) {
		err = status.Error(codes.Unavailable, "the daemon ended the stream: it is about to stop")
	}
	if b.isSilent {
		b.daemon.Doubt()
	}
	b.caller.settings.Tokens.refused(err, b.sentAt)
	if MayRepeat(err) {
		b.caller.daemons.Failed(b.daemon)
	}
	return err
}

// A daemon as the way of one stream.
type atDaemon struct {
	caller *Caller
	daemon *Daemon
}

func (a atDaemon) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return status.Error(codes.Internal, "a stream was expected")
}

func (a atDaemon) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	return a.caller.streamAt(ctx, a.daemon, desc, method, opts...)
}
