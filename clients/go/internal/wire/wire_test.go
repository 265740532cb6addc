package wire

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/shared-lock/shared-lock/clients/go/internal/keep"
	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// A daemon that renews leases for whoever has the token, as long as it is not silent.
type fakeDaemon struct {
	pb.UnimplementedLeaseServiceServer

	mu       sync.Mutex
	token    string
	isSilent bool
	renewals int
	streams  int
}

func (f *fakeDaemon) code(ctx context.Context) codes.Code {
	f.mu.Lock()
	defer f.mu.Unlock()
	given, _ := metadata.FromIncomingContext(ctx)
	if f.token != "" && fmt.Sprint(given.Get("authorization")) != "[Bearer "+f.token+"]" {
		return codes.Unauthenticated
	}
	return codes.OK
}

func (f *fakeDaemon) KeepAlive(ctx context.Context, r *pb.KeepAliveRequest) (*pb.KeepAliveResponse, error) {
	if code := f.code(ctx); code != codes.OK {
		return nil, status.Error(code, "who are you?")
	}
	return &pb.KeepAliveResponse{LeaseId: r.GetLeaseId(), Ttl: durationpb.New(3 * time.Second)}, nil
}

func (f *fakeDaemon) KeepAliveStream(
	stream grpc.BidiStreamingServer[pb.KeepAliveStreamRequest, pb.KeepAliveStreamResponse],
) error {
	f.mu.Lock()
	f.streams++
	f.mu.Unlock()
	for {
		request, err := stream.Recv()
		if err != nil {
			return err
		}
		f.mu.Lock()
		f.renewals++
		isSilent := f.isSilent
		f.mu.Unlock()
		if isSilent {
			continue
		}
		response := &pb.KeepAliveStreamResponse{LeaseId: request.GetLeaseId()}
		if code := f.code(stream.Context()); code == codes.OK {
			response.Ttl = durationpb.New(3 * time.Second)
		} else {
			response.Code, response.Message, response.Reason = int32(code), "who are you?", "TOKEN_EXPIRED"
		}
		if err := stream.Send(response); err != nil {
			return err
		}
	}
}

func (f *fakeDaemon) change(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeDaemon) count() (renewals, streams int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.renewals, f.streams
}

func serve(t *testing.T, f *fakeDaemon) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterLeaseServiceServer(server, f)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// A source of tokens: one after the other, each time that it is asked.
func tokensOf(tokens ...string) (*Tokens, func() int) {
	asked := 0
	return NewTokens(func(context.Context) (string, error) {
		asked++
		return tokens[min(asked, len(tokens))-1], nil
	}), func() int { return asked }
}

func TestARefusedTokenIsAskedForAnewOnce(t *testing.T) {
	f := &fakeDaemon{token: "new"}
	tokens, asked := tokensOf("old", "new")
	settings := Settings{Addresses: []string{serve(t, f)}, Tokens: tokens, Deadline: 5 * time.Second}
	caller := NewCaller(settings, NewDaemons(settings), t.Context())
	leases := pb.NewLeaseServiceClient(caller)
	for range 3 {
		if _, err := leases.KeepAlive(t.Context(), &pb.KeepAliveRequest{LeaseId: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if asked() != 2 {
		t.Fatalf("it was asked %d times", asked())
	}
	f.change(func() { f.token = "another" })
	if _, err := leases.KeepAlive(t.Context(), &pb.KeepAliveRequest{LeaseId: 1}); status.Code(err) != codes.Unauthenticated {
		t.Fatal(err)
	}
}

func TestATokenIsTakenAsAFileHasIt(t *testing.T) {
	settings := Settings{Addresses: []string{serve(t, &fakeDaemon{token: "good"})}, Deadline: 5 * time.Second}
	for given, want := range map[string]string{"good\n": "", "\n": "it is empty", "two words": "no bearer token has"} {
		settings.Tokens, _ = tokensOf(given)
		leases := pb.NewLeaseServiceClient(NewCaller(settings, NewDaemons(settings), t.Context()))
		_, err := leases.KeepAlive(t.Context(), &pb.KeepAliveRequest{LeaseId: 1})
		if want == "" && err != nil || want != "" && (status.Code(err) != codes.Unauthenticated || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestARefusedRenewalIsNoLossAndGoesOnWithAnotherToken(t *testing.T) {
	f := &fakeDaemon{token: "first"}
	tokens, _ := tokensOf("first", "second")
	settings := Settings{Addresses: []string{serve(t, f)}, Tokens: tokens, Deadline: 5 * time.Second}
	renewals := NewRenewals(NewDaemons(settings))
	defer renewals.Close()
	lease := keep.New(renewals).Keep(1, 3*time.Second, time.Now())
	defer lease.Stop()
	time.Sleep(1500 * time.Millisecond)
	f.change(func() { f.token = "second" })
	time.Sleep(3500 * time.Millisecond)
	if state := lease.State(); state.Kind == leasestate.Lost {
		t.Fatalf("lost by %+v", state.Loss)
	}
}

func TestARefusalForGoodIsTheReasonOfTheLoss(t *testing.T) {
	f := &fakeDaemon{token: "first"}
	tokens, _ := tokensOf("wrong")
	settings := Settings{Addresses: []string{serve(t, f)}, Tokens: tokens, Deadline: 5 * time.Second}
	renewals := NewRenewals(NewDaemons(settings))
	defer renewals.Close()
	begin := time.Now()
	lease := keep.New(renewals).Keep(1, 2*time.Second, begin)
	<-lease.Done()
	if after := time.Since(begin); after < time.Second {
		t.Fatalf("lost after %v", after)
	}
	if loss := lease.State().Loss; loss.Cause != leasestate.Unreachable || loss.Reason != "who are you?" {
		t.Fatalf("lost by %+v", loss)
	}
}

func TestRenewalsLeaveADaemonThatDoesNotAnswer(t *testing.T) {
	silent, good := &fakeDaemon{isSilent: true}, &fakeDaemon{}
	settings := Settings{Addresses: []string{serve(t, silent), serve(t, good)}, Deadline: 5 * time.Second}
	renewals := NewRenewals(NewDaemons(settings))
	defer renewals.Close()
	keeper := keep.New(renewals)
	var leases []*keep.Lease
	for id := range int64(100) {
		leases = append(leases, keeper.Keep(id+1, 3*time.Second, time.Now()))
	}
	time.Sleep(5 * time.Second)
	for _, lease := range leases {
		if state := lease.State(); state.Kind == leasestate.Lost {
			t.Errorf("lost by %+v", state.Loss)
		}
		lease.Stop()
	}
	if renewals, streams := good.count(); renewals < 100 || streams > 2 {
		t.Errorf("%d renewals over %d streams", renewals, streams)
	}
}

func TestAttemptsToConnectAreFew(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	attempts := make(chan struct{}, 1000)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			attempts <- struct{}{}
			_ = connection.Close()
		}
	}()
	defer listener.Close()
	settings := Settings{Addresses: []string{listener.Addr().String()}, Deadline: 5 * time.Second}
	renewals := NewRenewals(NewDaemons(settings))
	defer renewals.Close()
	keeper := keep.New(renewals)
	for id := range int64(500) {
		lease := keeper.Keep(id+1, 3*time.Second, time.Now())
		defer lease.Stop()
	}
	time.Sleep(3 * time.Second)
	if count := len(attempts); count == 0 || count > 30 {
		t.Errorf("%d attempts to connect", count)
	}
}

func TestAddresses(t *testing.T) {
	for address, c := range map[string]struct{ isRight, isLocal bool }{
		"localhost:50051":      {true, true},
		"127.0.0.1:1":          {true, true},
		"[::1]:65535":          {true, true},
		"unix:/run/a.sock":     {true, true},
		"daemon.example:50051": {true, false},
		"10.0.0.1:50051":       {true, false},
		"localhost":            {false, false},
		"localhost:0":          {false, true},
		":50051":               {false, false},
		"http://localhost:1":   {false, false},
		"unix:":                {false, true},
	} {
		if isRight := CheckAddress(address) == nil; isRight != c.isRight {
			t.Errorf("%s: right %v", address, isRight)
		}
		if isLocal := IsLocal(address); isLocal != c.isLocal {
			t.Errorf("%s: local %v", address, isLocal)
		}
	}
}
