package sharedlock_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	sharedlock "github.com/shared-lock/shared-lock/clients/go"
	"github.com/shared-lock/shared-lock/clients/go/callstream"
	"github.com/shared-lock/shared-lock/clients/go/internal/daemontest"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

func TestLossIsToldBeforeSuccession(t *testing.T) {
	t.Parallel()
	ctx := daemontest.Context(t)
	etcd := daemontest.Etcd(t)
	daemon, other := daemontest.OnEtcd(t, etcd), daemontest.OnEtcd(t, etcd)
	holder := connect(t, []string{daemon.Address})
	waiter := connect(t, []string{other.Address})
	lock := must2(holder.Lock(ctx, t.Name(), sharedlock.WithTTL(3*time.Second)))(t)
	granted := make(chan time.Time, 1)
	go func() {
		if _, err := waiter.Lock(ctx, t.Name()); err != nil {
			t.Error(err)
		}
		granted <- time.Now()
	}()
	untilWaiters(ctx, t, waiter, t.Name(), 1)
	daemon.Kill()
	<-lock.Context().Done()
	lostAt := time.Now()
	var lost *sharedlock.LostError
	if !errors.As(lock.Err(), &lost) || lost.Cause != sharedlock.CauseUnreachable || lost.Token != lock.Token() {
		t.Fatalf("it ended with %v", lock.Err())
	}
	if grantedAt := <-granted; !lostAt.Before(grantedAt) {
		t.Fatalf("granted %v before the loss was told", lostAt.Sub(grantedAt))
	}
}

func TestAPausedDaemonCostsNoLocksAndHoldsUpNoWait(t *testing.T) {
	t.Parallel()
	ctx := daemontest.Context(t)
	etcd := daemontest.Etcd(t)
	daemon, other := daemontest.OnEtcd(t, etcd), daemontest.OnEtcd(t, etcd)
	client := connect(t, []string{daemon.Address, other.Address})
	elsewhere := connect(t, []string{other.Address})
	var locks []*sharedlock.Lock
	for at := range 50 {
		locks = append(locks, must2(client.Lock(ctx, fmt.Sprint(t.Name(), at), sharedlock.WithTTL(4*time.Second)))(t))
	}
	contested := must2(elsewhere.Lock(ctx, t.Name()))(t)
	waited := make(chan error, 1)
	go func() {
		_, err := client.Lock(ctx, t.Name())
		waited <- err
	}()
	untilWaiters(ctx, t, elsewhere, t.Name(), 1)
	// Renewals are under way.
	time.Sleep(2 * time.Second)
	daemon.Pause()
	time.Sleep(8 * time.Second)
	for _, lock := range locks {
		if err := lock.Err(); err != nil {
			t.Error(err)
		}
	}
	if err := contested.Unlock(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.Counter(t.Name()).Add(ctx, 1); err != nil {
		t.Fatal(err)
	}
	daemon.Resume()
}

func TestCallsAndWatchesGoOnAtAnotherDaemon(t *testing.T) {
	t.Parallel()
	ctx := daemontest.Context(t)
	etcd := daemontest.Etcd(t)
	daemon, other := daemontest.OnEtcd(t, etcd), daemontest.OnEtcd(t, etcd)
	client := connect(t, []string{daemon.Address, other.Address})
	counter := client.Counter(t.Name())
	held := must2(client.Hold(ctx, t.Name()))(t)
	values := make(chan int64, 1000)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for state, err := range counter.Watch(watching) {
			if err != nil {
				t.Error(err)
				return
			}
			values <- state.GetValue()
		}
	}()
	if first := <-values; first != 0 {
		t.Fatalf("it begins with %d", first)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if _, _, err := counter.Add(ctx, 1); err != nil {
					t.Error(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	daemon.Kill()
	all.Wait()
	if value := must2(counter.Get(ctx))(t); value != 200 {
		t.Fatalf("200 additions made %d", value)
	}
	for last := int64(0); last < 200; {
		value := <-values
		if value <= last {
			t.Fatalf("%d was told after %d", value, last)
		}
		last = value
	}
	// Its daemon died: it goes on at the other one.
	time.Sleep(5 * time.Second)
	if err := held.Err(); err != nil {
		t.Fatalf("the Hold was lost: %v", err)
	}
	if err := held.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestASessionWhoseReleaseIsNotAnsweredMayTakeTheLockAgain(t *testing.T) {
	t.Parallel()
	ctx := daemontest.Context(t)
	daemon := daemontest.OnEtcd(t, daemontest.Etcd(t))
	client := connect(t, []string{daemon.Address}, sharedlock.WithDeadline(time.Second))
	session := must2(client.Session(ctx, sharedlock.WithTTL(30*time.Second)))(t)
	lock := must2(session.Lock(ctx, t.Name()))(t)
	daemon.Pause()
	if err := lock.Unlock(ctx); status.Code(err) != codes.DeadlineExceeded && status.Code(err) != codes.Unavailable {
		t.Fatalf("released at a daemon that hangs: %v", err)
	}
	again := make(chan error, 1)
	go func() {
		next, err := session.Lock(ctx, t.Name())
		if err == nil && next.Token() <= lock.Token() {
			err = fmt.Errorf("token %d after %d", next.Token(), lock.Token())
		}
		again <- err
	}()
	time.Sleep(500 * time.Millisecond)
	daemon.Resume()
	if err := <-again; err != nil {
		t.Fatal(err)
	}
}

func TestAGrantThatComesTooLateIsGivenBack(t *testing.T) {
	t.Parallel()
	ctx := daemontest.Context(t)
	daemon := daemontest.Memory(t)
	client := connect(t, []string{daemon.Address})
	session := must2(client.Session(ctx, sharedlock.WithTTL(time.Minute)))(t)
	for name, take := range map[string]func(context.Context, string, ...sharedlock.Option) (*sharedlock.Lock, error){
		"client": client.Lock, "session": session.Lock, "session's try": session.TryLock,
	} {
		daemon.Pause()
		impatient, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		if _, err := take(impatient, name, sharedlock.WithTTL(time.Minute)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: it ended with %v", name, err)
		}
		cancel()
		daemon.Resume()
		soon, cancel := context.WithTimeout(ctx, 10*time.Second)
		lock, err := client.Lock(soon, name)
		cancel()
		if err != nil {
			t.Fatalf("%s: what nobody heard of is held: %v", name, err)
		}
		if err := lock.Unlock(ctx); err != nil {
			t.Error(err)
		}
	}
}

func TestManyWaitsOverOneConnection(t *testing.T) {
	t.Parallel()
	const waiters = 1000
	ctx := daemontest.Context(t)
	daemon := daemontest.Memory(t)
	client := connect(t, []string{daemon.Address})
	lock := must2(client.Lock(ctx, t.Name()))(t)
	waiting, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for range waiters {
		all.Go(func() {
			if _, err := client.Lock(waiting, t.Name()); !errors.Is(err, context.Canceled) {
				t.Errorf("a wait ended with %v", err)
			}
		})
	}
	untilWaiters(ctx, t, client, t.Name(), waiters)
	cancel()
	all.Wait()
	untilWaiters(ctx, t, client, t.Name(), 0)
	if err := lock.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestTheStreamOfCallsOfADaemon(t *testing.T) {
	t.Parallel()
	ctx := daemontest.Context(t)
	daemon := daemontest.Memory(t)
	cc, err := grpc.NewClient(daemon.Address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	conn := callstream.New(cc)
	defer conn.Close()
	counters := pb.NewCounterServiceClient(conn)
	for !conn.IsOpen() {
		if _, err := counters.Add(ctx, &pb.AddRequest{Name: "a", Delta: 1}); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 500 {
		all.Go(func() {
			if _, err := counters.Add(ctx, &pb.AddRequest{Name: "b", Delta: 1}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	answer, err := counters.GetCounter(ctx, &pb.GetCounterRequest{Name: "b"})
	if err != nil || answer.GetValue() != 500 {
		t.Fatalf("%v, %v", answer, err)
	}
	_, err = counters.GetCounter(ctx, &pb.GetCounterRequest{Name: "x\x00"})
	if status.Code(err) != codes.InvalidArgument || len(status.Convert(err).Details()) == 0 {
		t.Fatalf("a bad name: %v", err)
	}
}

func TestConnectSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	token := func(context.Context) (string, error) { return "secret", nil }
	for name, c := range map[string]struct {
		addresses []string
		options   []sharedlock.ClientOption
		code      codes.Code
		says      string
	}{
		"no address":                {nil, nil, codes.InvalidArgument, "1 to 100 addresses"},
		"no port":                   {[]string{"localhost"}, nil, codes.InvalidArgument, "host:port"},
		"a scheme":                  {[]string{"http://localhost:1"}, nil, codes.InvalidArgument, "host:port"},
		"a token without TLS":       {[]string{"10.0.0.1:50051"}, []sharedlock.ClientOption{sharedlock.WithToken(token)}, codes.InvalidArgument, "WithTLS"},
		"a deadline that is short":  {[]string{"localhost:1"}, []sharedlock.ClientOption{sharedlock.WithDeadline(time.Millisecond)}, codes.InvalidArgument, "100ms"},
		"nobody who listens, local": {[]string{"127.0.0.1:1"}, []sharedlock.ClientOption{sharedlock.WithToken(token), sharedlock.WithDeadline(500 * time.Millisecond)}, codes.Unavailable, "127.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sharedlock.Connect(daemontest.Context(t), c.addresses, c.options...)
			if status.Code(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v (%v)", err, status.Code(err))
			}
		})
	}
}
