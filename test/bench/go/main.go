// A load generator that costs little: workers that each take and give back a lock, one time after the other, under a lease that is there.
//
//	load -side stream|unary|etcd -address HOST:PORT -lease ID -prefix NAME -in-flight 64 -for 800ms
//
// It prints one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/shared-lock/shared-lock/clients/go/callstream"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
	"github.com/shared-lock/shared-lock/test/bench/go/v3lockpb"
)

type pair func(ctx context.Context, name string) error

type result struct {
	// All, with those to warm up.
	Operations          int     `json:"operations"`
	OperationsPerSecond float64 `json:"operationsPerSecond"`
	P50Ms               float64 `json:"p50Ms"`
	P99Ms               float64 `json:"p99Ms"`
	// Of this process, for one operation.
	ClientCPUMicros float64 `json:"clientCpu"`
}

func main() {
	side := flag.String("side", "stream", "stream, unary or etcd")
	address := flag.String("address", "", "of the daemon, or of etcd")
	lease := flag.Int64("lease", 0, "that holds the locks")
	prefix := flag.String("prefix", "lock", "of their names")
	inFlight := flag.Int("in-flight", 64, "workers")
	duration := flag.Duration("for", time.Second, "after a tenth of it to warm up")
	flag.Parse()
	cc, err := grpc.NewClient(*address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer cc.Close()
	do, err := pairOf(context.Background(), *side, cc, *lease)
	if err != nil {
		log.Fatal(err)
	}
	measured, err := measure(do, *prefix, *inFlight, *duration)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(measured); err != nil {
		log.Fatal(err)
	}
}

func pairOf(ctx context.Context, side string, cc *grpc.ClientConn, lease int64) (pair, error) {
	switch side {
	case "etcd":
		return etcdPair(v3lockpb.NewLockClient(cc), lease), nil
	case "unary":
		return ourPair(pb.NewLockServiceClient(cc), lease), nil
	case "stream":
		conn := callstream.New(cc)
		do := ourPair(pb.NewLockServiceClient(conn), lease)
		for range 1000 {
			if conn.IsOpen() {
				return do, nil
			}
			if err := do(ctx, "opens the stream"); err != nil {
				return nil, err
			}
		}
		return nil, errors.New("the stream of calls does not open")
	default:
		return nil, fmt.Errorf("no side %s", side)
	}
}

func ourPair(locks pb.LockServiceClient, lease int64) pair {
	return func(ctx context.Context, name string) error {
		taken, err := locks.Acquire(ctx, &pb.AcquireRequest{Name: name, LeaseId: lease})
		if err != nil {
			return err
		}
		if !taken.GetAcquired() {
			return errors.New("the lock was not free")
		}
		released, err := locks.Release(ctx, &pb.ReleaseRequest{
			Name: name, LeaseId: lease, FencingToken: taken.GetGrant().GetFencingToken(),
		})
		if err == nil && !released.GetReleased() {
			err = errors.New("the lock was not held")
		}
		return err
	}
}

func etcdPair(locks v3lockpb.LockClient, lease int64) pair {
	return func(ctx context.Context, name string) error {
		taken, err := locks.Lock(ctx, &v3lockpb.LockRequest{Name: []byte(name), Lease: lease})
		if err != nil {
			return err
		}
		_, err = locks.Unlock(ctx, &v3lockpb.UnlockRequest{Key: taken.GetKey()})
		return err
	}
}

func measure(do pair, prefix string, inFlight int, duration time.Duration) (*result, error) {
	cpuBefore := cpu()
	begin := time.Now()
	from := begin.Add(duration / 10)
	until := from.Add(duration)
	var all sync.WaitGroup
	var mu sync.Mutex
	var latencies []time.Duration
	var operations int
	var failure error
	for worker := range inFlight {
		all.Go(func() {
			counted, done, err := work(do, fmt.Sprintf("%s-%d", prefix, worker), from, until)
			mu.Lock()
			defer mu.Unlock()
			latencies = append(latencies, counted...)
			operations += done
			failure = errors.Join(failure, err)
		})
	}
	all.Wait()
	if failure != nil || len(latencies) == 0 {
		return nil, errors.Join(failure, fmt.Errorf("%d operations", len(latencies)))
	}
	slices.Sort(latencies)
	quantile := func(share float64) float64 {
		at := min(int(float64(len(latencies))*share), len(latencies)-1)
		return float64(latencies[at]) / float64(time.Millisecond)
	}
	return &result{
		Operations:          operations,
		OperationsPerSecond: float64(len(latencies)) / duration.Seconds(),
		P50Ms:               quantile(0.5),
		P99Ms:               quantile(0.99),
		ClientCPUMicros:     float64((cpu()-cpuBefore)/time.Microsecond) / float64(operations),
	}, nil
}

func work(do pair, name string, from, until time.Time) (counted []time.Duration, done int, err error) {
	for time.Now().Before(until) {
		began := time.Now()
		if err := do(context.Background(), name); err != nil {
			return nil, done, err
		}
		done++
		if ended := time.Now(); ended.After(from) && ended.Before(until) {
			counted = append(counted, ended.Sub(began))
		}
	}
	return counted, done, nil
}

// User and system time of this process.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
