package callstream

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// So few cancelled ids that they fit into a frame too.
const maxCancelled = 2000

// A stream after its welcome.
type stream struct {
	wire    grpc.BidiStreamingClient[pb.CallStreamRequest, pb.CallStreamResponse]
	cancel  context.CancelFunc
	welcome *pb.Welcome
	numbers map[string]uint32
	wake    chan struct{}
	// Closed when it is over; `failure` says why.
	over    chan struct{}
	failure error

	mu        sync.Mutex
	calls     map[uint32]*call
	lastID    uint32
	freeIDs   []uint32
	bytes     int
	unsent    []*call
	cancelled []uint32
	isLeaving bool
}

func open(ctx context.Context, cancel context.CancelFunc, cc grpc.ClientConnInterface) (*stream, error) {
	wire, err := pb.NewCallServiceClient(cc).CallStream(ctx)
	if err != nil {
		return nil, err
	}
	first, err := wire.Recv()
	if err != nil {
		return nil, err
	}
	welcome := first.GetWelcome()
	if welcome == nil {
		return nil, status.Error(codes.Internal, "the daemon's stream of calls begins without a welcome")
	}
	if first.GetGoAway() {
		return nil, status.Error(codes.Unavailable, "the daemon takes no calls over a stream: it is about to stop")
	}
	s := &stream{
		wire:    wire,
		cancel:  cancel,
		welcome: welcome,
		numbers: make(map[string]uint32, len(welcome.GetMethods())),
		wake:    make(chan struct{}, 1),
		over:    make(chan struct{}),
		calls:   make(map[uint32]*call),
	}
	for at, name := range welcome.GetMethods() {
		s.numbers[name] = uint32(at) + 1
	}
	return s, nil
}

func (s *stream) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takes(0)
}

func (s *stream) takes(size int) bool {
	return !s.isLeaving && len(s.calls) < int(s.welcome.GetMaxCalls()) &&
		s.bytes+size <= int(s.welcome.GetMaxRequestBytes())
}

// invoke makes a call. It is not sent if it can't go this way: then it goes by itself.
func (s *stream) invoke(
	ctx context.Context, method string, request, response proto.Message,
) (sent bool, err error) {
	c, err := s.newCall(ctx, method, request)
	if c == nil || err != nil {
		return err != nil, err
	}
	if !s.begin(c) {
		return false, nil
	}
	select {
	case answer := <-c.done:
		return true, outcome(answer, response)
	case <-ctx.Done():
		err = status.FromContextError(ctx.Err()).Err()
	case <-s.over:
		err = s.failure
	}
	if s.giveUp(c) {
		return true, err
	}
	// It was answered in the same moment.
	return true, outcome(<-c.done, response)
}

func (s *stream) begin(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.takes(len(c.message.GetRequest())) {
		return false
	}
	if last := len(s.freeIDs) - 1; last >= 0 {
		c.message.Id = s.freeIDs[last]
		s.freeIDs = s.freeIDs[:last]
	} else {
		s.lastID++
		c.message.Id = s.lastID
	}
	s.calls[c.message.GetId()] = c
	s.bytes += len(c.message.GetRequest())
	s.unsent = append(s.unsent, c)
	s.nudge()
	return true
}

func (s *stream) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// False if it was answered meanwhile.
func (s *stream) giveUp(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[c.message.GetId()] != c {
		return false
	}
	c.isGivenUp = true
	if c.isSent {
		s.cancelled = append(s.cancelled, c.message.GetId())
		s.nudge()
	}
	return true
}

// The calls that gathered while the last frame was sent go together in the next one.
func (s *stream) write(ctx context.Context) {
	for {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return
		}
		for frame := s.nextFrame(); frame != nil; frame = s.nextFrame() {
			if s.wire.Send(frame) != nil {
				return // Its reader says why.
			}
		}
	}
}

func (s *stream) nextFrame() *pb.CallStreamRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	frame := &pb.CallStreamRequest{}
	maxEntries := int(s.welcome.GetMaxFrameEntries())
	next, size := 0, 0
	for ; next < len(s.unsent); next++ {
		c := s.unsent[next]
		if c.isGivenUp {
			s.free(c)
			continue
		}
		size += c.size
		if len(frame.Calls) > 0 && (size > s.frameBytes() || len(frame.Calls) >= maxEntries) {
			break
		}
		c.isSent = true
		frame.Calls = append(frame.Calls, c.message)
	}
	s.unsent = s.unsent[next:]
	if len(frame.Calls) == 0 && len(s.cancelled) > 0 {
		count := min(len(s.cancelled), maxCancelled, maxEntries)
		frame.Cancelled = s.cancelled[:count:count]
		s.cancelled = s.cancelled[count:]
	}
	if len(frame.Calls) == 0 && len(frame.Cancelled) == 0 {
		s.unsent, s.cancelled = nil, nil
		return nil
	}
	return frame
}

func (s *stream) free(c *call) {
	delete(s.calls, c.message.GetId())
	s.freeIDs = append(s.freeIDs, c.message.GetId())
	s.bytes -= len(c.message.GetRequest())
}

// read hands the answers out until the stream is over. `left` is called when it takes no calls any more.
func (s *stream) read(left func(error)) {
	for {
		response, err := s.wire.Recv()
		if err != nil {
			s.end(err)
			left(err)
			return
		}
		if s.settle(response) {
			left(nil)
		}
	}
}

func (s *stream) settle(response *pb.CallStreamResponse) (goAway bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, answer := range response.GetAnswers() {
		if c := s.calls[answer.GetId()]; c != nil {
			s.free(c)
			c.done <- answer
		}
	}
	s.isLeaving = s.isLeaving || response.GetGoAway()
	return response.GetGoAway()
}

func (s *stream) end(err error) {
	s.mu.Lock()
	s.isLeaving = true
	s.mu.Unlock()
	s.failure = brokenBy(err)
	close(s.over)
	s.cancel()
}

// It says nothing about what was asked, as with a connection that breaks.
func brokenBy(err error) error {
	why := status.Convert(err).Message()
	if errors.Is(err, io.EOF) {
		why = "it ended"
	}
	return status.Error(codes.Unavailable, "the stream of calls is over: "+why)
}
