package wire

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/shared-lock/shared-lock/clients/go/internal/keep"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// A stream that is left is closed after so long, whatever it has not answered.
const leavingLimit = 30 * time.Second

// One stream, over a connection of its own, over which any number of leases is renewed. Once it fails it is over.
type renewalStream struct {
	daemon   *Daemon
	openedAt time.Time
	cancel   context.CancelFunc
	wake     chan struct{}
	ended    func(*renewalStream)

	mu      sync.Mutex
	unsent  []int64
	asked   map[int64][]func(keep.Answer)
	doubted bool
	isLeft  bool
	over    error
}

func newRenewalStream(daemon *Daemon, ended func(*renewalStream)) *renewalStream {
	ctx, cancel := context.WithCancel(context.Background())
	s := &renewalStream{
		daemon:   daemon,
		openedAt: time.Now(),
		cancel:   cancel,
		wake:     make(chan struct{}, 1),
		ended:    ended,
		asked:    make(map[int64][]func(keep.Answer)),
	}
	go func() {
		err := s.run(ctx)
		cancel()
		s.end(err)
	}()
	return s
}

// An answer goes to the oldest request for its lease: then it counts from when that was sent, never from later.
func (s *renewalStream) renew(leaseID int64, answered func(keep.Answer)) {
	s.mu.Lock()
	if over := s.over; over != nil {
		s.mu.Unlock()
		answered(keep.Answer{Err: over})
		return
	}
	s.asked[leaseID] = append(s.asked[leaseID], answered)
	s.unsent = append(s.unsent, leaseID)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// An answer was late, and none has come since.
func (s *renewalStream) isDoubted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.doubted
}

// What else it was asked is late too, most likely: whoever asked is told.
func (s *renewalStream) doubt() {
	s.mu.Lock()
	s.doubted = true
	var all []func(keep.Answer)
	for _, asked := range s.asked {
		all = append(all, asked...)
	}
	s.mu.Unlock()
	for _, answered := range all {
		answered(keep.Answer{IsDoubted: true})
	}
}

// It ends as soon as what it was asked is answered.
func (s *renewalStream) leave() {
	s.mu.Lock()
	s.isLeft = true
	isIdle := len(s.asked) == 0
	s.mu.Unlock()
	if isIdle {
		s.close()
		return
	}
	time.AfterFunc(leavingLimit, s.close)
}

func (s *renewalStream) close() { s.cancel() }

func (s *renewalStream) run(ctx context.Context) error {
	cc, err := s.daemon.dial()
	if err != nil {
		return err
	}
	defer cc.Close()
	if ctx, err = s.daemon.settings.Tokens.into(ctx); err != nil {
		return err
	}
	openedAt := time.Now()
	wire, err := pb.NewLeaseServiceClient(cc).KeepAliveStream(ctx)
	if err != nil {
		s.daemon.pace.failed(err)
		return err
	}
	s.daemon.pace.succeeded()
	go s.send(wire)
	for {
		response, err := wire.Recv()
		if errors.Is(err, io.EOF) {
			return status.Error(codes.Unavailable, "the stream of renewals has ended")
		}
		if err != nil {
			s.daemon.settings.Tokens.refused(err, openedAt)
			return err
		}
		if !s.take(response, openedAt) {
			return status.Error(codes.Unavailable, "the stream of renewals is not needed any more")
		}
	}
}

func (s *renewalStream) send(wire grpc.BidiStreamingClient[pb.KeepAliveStreamRequest, pb.KeepAliveStreamResponse]) {
	for {
		select {
		case <-s.wake:
		case <-wire.Context().Done():
			return
		}
		s.mu.Lock()
		ids := s.unsent
		s.unsent = nil
		s.mu.Unlock()
		for _, id := range ids {
			if wire.Send(&pb.KeepAliveStreamRequest{LeaseId: id}) != nil {
				return // Its reader says why.
			}
		}
	}
}

// False if it can be closed: it was left, and has nothing to answer; or it does not say well who calls.
func (s *renewalStream) take(response *pb.KeepAliveStreamResponse, openedAt time.Time) bool {
	id := response.GetLeaseId()
	answer := keep.Answer{TTL: response.GetTtl().AsDuration()}
	if code := codes.Code(response.GetCode()); code != codes.OK || response.GetTtl() == nil {
		answer.Err = &Said{Code: code, Message: response.GetMessage(), Reason: response.GetReason()}
	}
	s.mu.Lock()
	s.doubted = false
	var oldest func(keep.Answer)
	if asked := s.asked[id]; len(asked) > 1 {
		oldest, s.asked[id] = asked[0], asked[1:]
	} else if len(asked) == 1 {
		oldest = asked[0]
		delete(s.asked, id)
	}
	goesOn := !s.isLeft || len(s.asked) > 0
	s.mu.Unlock()
	if oldest != nil {
		oldest(answer)
	}
	if answer.Err != nil && codes.Code(response.GetCode()) == codes.Unauthenticated {
		// Another stream is opened with another token.
		s.daemon.settings.Tokens.refused(status.Error(codes.Unauthenticated, ""), openedAt)
		return false
	}
	return goesOn
}

func (s *renewalStream) end(err error) {
	s.mu.Lock()
	s.over = err
	unanswered := s.asked
	s.asked = nil
	s.mu.Unlock()
	s.ended(s)
	for _, asked := range unanswered {
		for _, answered := range asked {
			answered(keep.Answer{Err: err})
		}
	}
}
