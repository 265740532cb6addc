package callstream

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// A daemon that answers GetCounter with the length of the name, by itself or over a stream of calls, as a test says.
type fakeDaemon struct {
	pb.UnimplementedCallServiceServer
	pb.UnimplementedCounterServiceServer
	welcome *pb.Welcome
	// Of each request of a stream; the answers are sent. An error ends the stream. Nil: every call is answered.
	take func(*pb.CallStreamRequest) (*pb.CallStreamResponse, error)

	alone   atomic.Int32
	streams atomic.Int32
	mu      sync.Mutex
	frames  []*pb.CallStreamRequest
}

func (f *fakeDaemon) GetCounter(_ context.Context, request *pb.GetCounterRequest) (*pb.Counter, error) {
	f.alone.Add(1)
	return &pb.Counter{Value: int64(len(request.GetName()))}, nil
}

func (f *fakeDaemon) CallStream(stream grpc.BidiStreamingServer[pb.CallStreamRequest, pb.CallStreamResponse]) error {
	f.streams.Add(1)
	if f.welcome == nil {
		return status.Error(codes.Unimplemented, "unknown method CallStream")
	}
	if err := stream.Send(&pb.CallStreamResponse{Welcome: f.welcome}); err != nil {
		return err
	}
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		f.mu.Lock()
		f.frames = append(f.frames, request)
		f.mu.Unlock()
		response := answered(request)
		if f.take != nil {
			if response, err = f.take(request); err != nil {
				return err
			}
		}
		if response != nil {
			if err := stream.Send(response); err != nil {
				return err
			}
		}
		if response.GetGoAway() {
			time.Sleep(50 * time.Millisecond)
			return stream.Send(answered(request))
		}
	}
}

func answered(request *pb.CallStreamRequest) *pb.CallStreamResponse {
	response := &pb.CallStreamResponse{}
	for _, call := range request.GetCalls() {
		response.Answers = append(response.Answers, answerTo(call))
	}
	return response
}

func answerTo(call *pb.Call) *pb.Answer {
	get := &pb.GetCounterRequest{}
	if err := proto.Unmarshal(call.GetRequest(), get); err != nil {
		panic(err)
	}
	bytes, err := proto.Marshal(&pb.Counter{Value: int64(len(get.GetName()))})
	if err != nil {
		panic(err)
	}
	return &pb.Answer{Id: call.GetId(), Outcome: &pb.Answer_Response{Response: bytes}}
}

func (f *fakeDaemon) calls() []*pb.Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	var calls []*pb.Call
	for _, frame := range f.frames {
		calls = append(calls, frame.GetCalls()...)
	}
	return calls
}

func welcome() *pb.Welcome {
	return &pb.Welcome{
		Methods:  []string{"sharedlock.v1.LockService/Acquire", "sharedlock.v1.CounterService/GetCounter"},
		MaxCalls: 100, MaxRequestBytes: 1 << 20, MaxFrameBytes: 1 << 20, MaxFrameEntries: 50, MaxMetadataBytes: 1000,
	}
}

func dial(t *testing.T, f *fakeDaemon) (*Conn, pb.CounterServiceClient) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	pb.RegisterCallServiceServer(server, f)
	pb.RegisterCounterServiceServer(server, f)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	cc, err := grpc.NewClient("passthrough:///fake", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	conn := New(cc)
	t.Cleanup(func() {
		conn.Close()
		_ = cc.Close()
	})
	return conn, pb.NewCounterServiceClient(conn)
}

func get(ctx context.Context, t *testing.T, counters pb.CounterServiceClient, name string) {
	t.Helper()
	answer, err := counters.GetCounter(ctx, &pb.GetCounterRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	if answer.GetValue() != int64(len(name)) {
		t.Fatalf("%q was answered %d", name, answer.GetValue())
	}
}

// A connection with an open stream, over which nothing has gone.
func opened(t *testing.T, f *fakeDaemon) (*Conn, pb.CounterServiceClient) {
	t.Helper()
	conn, counters := dial(t, f)
	until(t, func() bool {
		get(t.Context(), t, counters, "a")
		return conn.IsOpen()
	})
	f.mu.Lock()
	f.frames = nil
	f.mu.Unlock()
	f.alone.Store(0)
	return conn, counters
}

func until(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come to be")
		}
	}
}

func TestOneCallOpensNoStream(t *testing.T) {
	f := &fakeDaemon{welcome: welcome()}
	_, counters := dial(t, f)
	get(t.Context(), t, counters, "a")
	time.Sleep(50 * time.Millisecond)
	if f.streams.Load() != 0 || f.alone.Load() != 1 {
		t.Fatalf("%d streams, %d calls by themselves", f.streams.Load(), f.alone.Load())
	}
}

func TestManyCallsGoOverOneStream(t *testing.T) {
	f := &fakeDaemon{welcome: welcome()}
	_, counters := opened(t, f)
	var all sync.WaitGroup
	for length := range 90 {
		all.Go(func() { get(t.Context(), t, counters, strings.Repeat("x", length)) })
	}
	all.Wait()
	if f.alone.Load() != 0 || f.streams.Load() != 1 || len(f.calls()) != 90 {
		t.Fatalf("%d by themselves, %d over %d streams", f.alone.Load(), len(f.calls()), f.streams.Load())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, frame := range f.frames {
		if entries := len(frame.GetCalls()) + len(frame.GetCancelled()); entries > 50 {
			t.Fatalf("a frame with %d entries", entries)
		}
	}
}

func TestAnswersComeInAnyOrder(t *testing.T) {
	f := &fakeDaemon{welcome: welcome()}
	_, counters := opened(t, f)
	var kept *pb.Call
	f.take = func(request *pb.CallStreamRequest) (*pb.CallStreamResponse, error) {
		response := &pb.CallStreamResponse{}
		for _, call := range request.GetCalls() {
			if kept == nil {
				kept = call
				continue
			}
			response.Answers = append(response.Answers, answerTo(call), answerTo(kept))
		}
		return response, nil
	}
	var all sync.WaitGroup
	all.Go(func() { get(t.Context(), t, counters, "first") })
	until(t, func() bool { return len(f.calls()) == 1 })
	get(t.Context(), t, counters, "the second")
	all.Wait()
}

func TestErrorsHaveTheirDetails(t *testing.T) {
	f := &fakeDaemon{welcome: welcome()}
	_, counters := opened(t, f)
	f.take = func(request *pb.CallStreamRequest) (*pb.CallStreamResponse, error) {
		info, err := anypb.New(&errdetails.ErrorInfo{Reason: "COUNTER_BOUNDS"})
		failed := &statuspb.Status{Code: int32(codes.OutOfRange), Message: "too far", Details: []*anypb.Any{info}}
		return &pb.CallStreamResponse{Answers: []*pb.Answer{{
			Id: request.GetCalls()[0].GetId(), Outcome: &pb.Answer_Error{Error: failed},
		}}}, err
	}
	_, err := counters.GetCounter(t.Context(), &pb.GetCounterRequest{})
	said := status.Convert(err)
	if said.Code() != codes.OutOfRange || said.Message() != "too far" || len(said.Details()) != 1 {
		t.Fatal(err)
	}
}

func TestACallThatIsGivenUpIsCancelledAndKeepsItsIDUntilItIsAnswered(t *testing.T) {
	f := &fakeDaemon{welcome: welcome()}
	_, counters := opened(t, f)
	first := make(chan *pb.Call, 1)
	cancelled := make(chan uint32, 1)
	f.take = func(request *pb.CallStreamRequest) (*pb.CallStreamResponse, error) {
		for _, id := range request.GetCancelled() {
			cancelled <- id
		}
		for _, call := range request.GetCalls() {
			select {
			case first <- call:
				return nil, nil
			default:
			}
		}
		return answered(request), nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := counters.GetCounter(ctx, &pb.GetCounterRequest{Name: "waits"})
		ended <- err
	}()
	until(t, func() bool { return len(f.calls()) == 1 })
	cancel()
	if err := <-ended; status.Code(err) != codes.Canceled {
		t.Fatal(err)
	}
	id := f.calls()[0].GetId()
	select {
	case got := <-cancelled:
		if got != id {
			t.Fatalf("%d was cancelled instead of %d", got, id)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it was not cancelled")
	}
	for range 10 {
		get(t.Context(), t, counters, "others")
	}
	for _, call := range f.calls()[1:] {
		if call.GetId() == id {
			t.Fatal("its id was used again before it was answered")
		}
	}
}

func TestADeadlineGoesAlong(t *testing.T) {
	f := &fakeDaemon{welcome: welcome()}
	_, counters := opened(t, f)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	get(metadata.AppendToOutgoingContext(ctx, "traceparent", "00-1", "blob-bin", "\x00\xff"), t, counters, "a")
	call := f.calls()[0]
	if left := call.GetTimeoutMs(); left < 1000 || left > 5000 {
		t.Fatalf("%d ms", left)
	}
	if of := call.GetMetadata(); of["traceparent"] != "00-1" || of["blob-bin"] != "AP8" {
		t.Fatalf("%v", of)
	}
	over, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := counters.GetCounter(over, &pb.GetCounterRequest{}); status.Code(err) != codes.DeadlineExceeded {
		t.Fatal(err)
	}
}

func TestWhatDoesNotFitGoesByItself(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, t *testing.T, counters pb.CounterServiceClient){
		"a large request": func(ctx context.Context, t *testing.T, counters pb.CounterServiceClient) {
			get(ctx, t, counters, strings.Repeat("x", 20_000))
		},
		"two values of a name": func(ctx context.Context, t *testing.T, counters pb.CounterServiceClient) {
			get(metadata.AppendToOutgoingContext(ctx, "a", "1", "a", "2"), t, counters, "a")
		},
		"much metadata": func(ctx context.Context, t *testing.T, counters pb.CounterServiceClient) {
			get(metadata.AppendToOutgoingContext(ctx, "a", strings.Repeat("x", 2000)), t, counters, "a")
		},
		"call options": func(ctx context.Context, t *testing.T, counters pb.CounterServiceClient) {
			var header metadata.MD
			if _, err := counters.GetCounter(ctx, &pb.GetCounterRequest{}, grpc.Header(&header)); err != nil || header == nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeDaemon{welcome: welcome()}
			_, counters := opened(t, f)
			call(t.Context(), t, counters)
			if f.alone.Load() != 1 || len(f.calls()) != 0 {
				t.Fatalf("%d by themselves, %d over the stream", f.alone.Load(), len(f.calls()))
			}
		})
	}
}

func TestAnOlderDaemonTakesEachCallByItself(t *testing.T) {
	f := &fakeDaemon{}
	_, counters := dial(t, f)
	for range 50 {
		get(t.Context(), t, counters, "a")
		time.Sleep(time.Millisecond)
	}
	if f.alone.Load() != 50 || f.streams.Load() != 1 {
		t.Fatalf("%d by themselves; it was asked for a stream %d times", f.alone.Load(), f.streams.Load())
	}
}

func TestCallsOfAStreamThatBreaksAreUnavailableAndLaterOnesGoOn(t *testing.T) {
	f := &fakeDaemon{welcome: welcome()}
	_, counters := opened(t, f)
	f.take = func(*pb.CallStreamRequest) (*pb.CallStreamResponse, error) {
		return nil, status.Error(codes.Internal, "broken")
	}
	if _, err := counters.GetCounter(t.Context(), &pb.GetCounterRequest{}); status.Code(err) != codes.Unavailable {
		t.Fatal(err)
	}
	get(t.Context(), t, counters, "a")
}

func TestADaemonThatGoesAnswersWhatItHasTaken(t *testing.T) {
	f := &fakeDaemon{welcome: welcome()}
	conn, counters := opened(t, f)
	f.take = func(*pb.CallStreamRequest) (*pb.CallStreamResponse, error) {
		return &pb.CallStreamResponse{GoAway: true}, nil
	}
	var all sync.WaitGroup
	all.Go(func() { get(t.Context(), t, counters, "taken") })
	until(t, func() bool { return len(f.calls()) == 1 && !conn.IsOpen() })
	get(t.Context(), t, counters, "by itself")
	all.Wait()
	if len(f.calls()) != 1 || f.alone.Load() != 1 {
		t.Fatal("a call was sent over a stream that takes none")
	}
}
