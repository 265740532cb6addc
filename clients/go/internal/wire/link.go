package wire

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/shared-lock/shared-lock/clients/go/callstream"
)

const (
	// Calls that go by themselves, watches and the stream of calls among them; daemons take 1,000 over one connection. What would
	// be more waits unsent in gRPC, behind waits that last for hours.
	maxOwnCalls = 900
	// While a call is under way, its daemon is asked for a sign of life so often …
	signEvery = time.Second
	// … and counts as gone if there is none for so long.
	signLimit = 3 * time.Second
	// A timer that is later shows that this process stood still.
	lateTimer = 50 * time.Millisecond
)

// Link is one connection to one daemon. It is a grpc.ClientConnInterface.
type Link struct {
	daemon *Daemon
	cc     *grpc.ClientConn
	calls  *callstream.Conn

	mu        sync.Mutex
	underWay  int
	own       int
	isWatched bool
	isRetired bool
	isDead    bool
}

var _ grpc.ClientConnInterface = (*Link)(nil)

func newLink(daemon *Daemon) (*Link, error) {
	cc, err := daemon.dial()
	if err != nil {
		return nil, err
	}
	link := &Link{daemon: daemon, cc: cc}
	if daemon.settings.CallStream {
		link.calls = callstream.New(ownCalls{link})
	}
	return link, nil
}

// Invoke makes a call, over the stream of calls if that is open.
func (l *Link) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	if l.calls != nil {
		return l.calls.Invoke(ctx, method, args, reply, opts...)
	}
	return ownCalls{l}.Invoke(ctx, method, args, reply, opts...)
}

// NewStream begins a stream by itself.
func (l *Link) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	return ownCalls{l}.NewStream(ctx, desc, method, opts...)
}

func (l *Link) enter() bool {
	hasStream := l.calls != nil && l.calls.HasRoom()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isRetired || l.isDead || (!hasStream && max(l.own, l.underWay) >= maxOwnCalls) {
		return false
	}
	l.underWay++
	if !l.isWatched {
		l.isWatched = true
		go l.watch()
	}
	return true
}

// Leave says that a call has ended.
func (l *Link) Leave() {
	l.mu.Lock()
	l.underWay--
	isIdle := l.isRetired && l.underWay == 0
	l.mu.Unlock()
	if isIdle {
		l.die()
	}
}

// It gets no more calls, and is closed when its last one has ended.
func (l *Link) retire() {
	l.mu.Lock()
	l.isRetired = true
	isIdle := l.underWay == 0
	l.mu.Unlock()
	if isIdle {
		l.die()
	}
}

// What is under way ends with UNAVAILABLE.
func (l *Link) die() {
	l.mu.Lock()
	l.isDead = true
	l.mu.Unlock()
	if l.calls != nil {
		l.calls.Close()
	}
	_ = l.cc.Close()
}

// As long as calls are under way, it looks whether the daemon is there: a wait at one that hangs shall go on elsewhere about as
// soon as a call does. gRPC's own pings are not allowed as often as this needs them.
func (l *Link) watch() {
	for {
		time.Sleep(signEvery)
		l.mu.Lock()
		isOver := l.isDead || l.underWay == 0
		l.isWatched = !isOver
		l.mu.Unlock()
		if isOver {
			return
		}
		if !l.hasSign() {
			l.daemon.drop(l)
			l.die()
			return
		}
	}
}

// Any answer is a sign, and so is an error: then the calls have one too.
func (l *Link) hasSign() bool {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), signLimit)
		due := time.Now().Add(signLimit)
		_, err := healthpb.NewHealthClient(l.cc).Check(ctx, &healthpb.HealthCheckRequest{})
		cancel()
		if status.Code(err) != codes.DeadlineExceeded || time.Now().Before(due) {
			return true
		}
		// The answer may lie there unread, if this process stood still.
		if time.Since(due) < lateTimer {
			return false
		}
	}
}

// What goes by itself.
type ownCalls struct{ *Link }

func (o ownCalls) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	o.count(1)
	defer o.count(-1)
	return o.errorOf(ctx, o.cc.Invoke(ctx, method, args, reply, opts...))
}

func (o ownCalls) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	ctx, err := o.daemon.settings.Tokens.into(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := o.cc.NewStream(ctx, desc, method, opts...)
	if err != nil {
		return nil, o.errorOf(ctx, err)
	}
	o.count(1)
	context.AfterFunc(stream.Context(), func() { o.count(-1) })
	return &ownStream{stream, o}, nil
}

func (o ownCalls) count(change int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.own += change
}

// A connection that was closed under a call has broken, for the call.
func (o ownCalls) errorOf(ctx context.Context, err error) error {
	if status.Code(err) != codes.Canceled || ctx.Err() != nil {
		return err
	}
	return status.Errorf(codes.Unavailable, "no daemon answers at %s: the connection broke", o.daemon.Address)
}

type ownStream struct {
	grpc.ClientStream
	calls ownCalls
}

func (s *ownStream) RecvMsg(message any) error {
	err := s.ClientStream.RecvMsg(message)
	if err == nil {
		return nil
	}
	return s.calls.errorOf(s.Context(), err)
}
