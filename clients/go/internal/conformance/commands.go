package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	sharedlock "github.com/shared-lock/shared-lock/clients/go"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

func (d *driver) run(ctx context.Context, c *command) (answer, error) {
	switch c.Do {
	case "connect":
		return d.connect(c)
	case "lock", "elect", "hold":
		return d.take(ctx, c)
	case "held":
		lock, err := d.lock(c.Lock)
		return answer{"held": err == nil && lock.Err() == nil}, err
	case "work":
		lock, err := d.lock(c.Lock)
		if err == nil {
			go d.work(c, lock)
		}
		return answer{}, err
	case "release":
		return d.release(ctx, c)
	case "cancel":
		d.mu.Lock()
		defer d.mu.Unlock()
		if cancel := d.underWay[c.Call]; cancel != nil {
			cancel(errCancelled)
		}
		return answer{}, nil
	case "session":
		session, err := d.client.Session(ctx, taken(c)...)
		if err != nil {
			return nil, err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.sessions[c.Session] = session
		return answer{"ttl_ms": session.TTL().Milliseconds()}, nil
	case "revoke":
		return answer{"revoked": true}, d.session(c.Session).Close(ctx)
	case "close":
		return answer{}, d.client.Close()
	default:
		return d.runData(ctx, c)
	}
}

func (d *driver) runData(ctx context.Context, c *command) (answer, error) {
	configs := d.client.Configs(c.Namespace)
	switch c.Do {
	case "counter_add":
		delta, err := strconv.ParseInt(c.Delta, 10, 64)
		if err != nil {
			return nil, err
		}
		value, previous, err := d.client.Counter(c.Name).Add(ctx, delta, d.conditions(c)...)
		return answer{"value": strconv.FormatInt(value, 10), "previous": strconv.FormatInt(previous, 10)}, err
	case "config_put":
		config, err := configs.Put(ctx, c.Name, c.Document, d.conditions(c)...)
		return answer{"version": config.GetVersion(), "etag": config.GetEtag()}, err
	case "config_patch":
		config, err := configs.Patch(ctx, c.Name, c.Patch)
		return answer{"version": config.GetVersion(), "etag": config.GetEtag()}, err
	case "config_get":
		config, err := configs.Get(ctx, c.Name, sharedlock.Linearizable())
		return answer{"version": config.GetVersion(), "etag": config.GetEtag(), "document": config.GetDocument()}, err
	case "config_watch":
		go d.watchConfigs(c)
		return answer{}, nil
	case "observe":
		go d.observe(c)
		return answer{}, nil
	default:
		return nil, &sharedlock.Error{Code: 12, Message: "no command " + c.Do}
	}
}

func (d *driver) connect(c *command) (answer, error) {
	var options []sharedlock.ClientOption
	if c.DeadlineMs > 0 {
		options = append(options, sharedlock.WithDeadline(milliseconds(c.DeadlineMs)))
	}
	if c.Owner != "" {
		options = append(options, sharedlock.WithDefaultOwner(c.Owner))
	}
	client, err := sharedlock.New(c.Addresses, options...)
	d.client = client
	return answer{}, err
}

// A lock, a term, or a Hold, for all that they have in common.
type held interface {
	sharedlock.Fencer
	Context() context.Context
	Err() error
	Token() int64
	Unlock(ctx context.Context) error
}

type term struct{ *sharedlock.Leadership }

func (t term) Token() int64 { return t.Term() }

func (t term) Unlock(ctx context.Context) error { return t.Resign(ctx) }

func (d *driver) take(ctx context.Context, c *command) (answer, error) {
	lock, err := d.takeOne(ctx, c)
	var notAcquired *sharedlock.NotAcquiredError
	if errors.As(err, &notAcquired) {
		return answer{"acquired": false}, nil
	}
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.held[c.Lock] = lock
	d.mu.Unlock()
	context.AfterFunc(lock.Context(), func() {
		at := time.Now()
		var lost *sharedlock.LostError
		if errors.As(context.Cause(lock.Context()), &lost) {
			d.tell(answer{"event": "lost", "lock": c.Lock, "why": lost.Cause, "at_ms": at.UnixMilli()})
		}
	})
	return answer{"acquired": true, "token": lock.Token()}, nil
}

func (d *driver) takeOne(ctx context.Context, c *command) (held, error) {
	options := taken(c)
	switch {
	case c.Do == "elect":
		leadership, err := d.client.Elect(ctx, c.Name, options...)
		return term{leadership}, err
	case c.Do == "hold":
		return d.client.Hold(ctx, c.Name, options...)
	case c.Session != "":
		return d.session(c.Session).Lock(ctx, c.Name, options...)
	default:
		return d.client.Lock(ctx, c.Name, options...)
	}
}

func taken(c *command) []sharedlock.Option {
	var options []sharedlock.Option
	if c.TTLMs > 0 {
		options = append(options, sharedlock.WithTTL(milliseconds(c.TTLMs)))
	}
	if c.WaitMs != nil {
		options = append(options, sharedlock.WithWait(milliseconds(*c.WaitMs)))
	}
	if c.Candidate != "" {
		options = append(options, sharedlock.WithCandidate(c.Candidate))
	}
	if c.Value != "" {
		options = append(options, sharedlock.WithValue(c.Value))
	}
	return options
}

func (d *driver) work(c *command, lock held) {
	for range time.Tick(milliseconds(c.EveryMs)) {
		at := time.Now()
		if lock.Err() != nil {
			return
		}
		d.tell(answer{"event": "work", "lock": c.Lock, "token": lock.Token(), "at_ms": at.UnixMilli()})
	}
}

func (d *driver) release(ctx context.Context, c *command) (answer, error) {
	lock, err := d.lock(c.Lock)
	if err != nil {
		return nil, err
	}
	err = lock.Unlock(ctx)
	var lost *sharedlock.LostError
	if errors.As(err, &lost) {
		return answer{"released": false}, nil
	}
	return answer{"released": true}, err
}

func (d *driver) watchConfigs(c *command) {
	for change, err := range d.client.Configs(c.Namespace).Watch(context.Background(), "") {
		if err != nil {
			fmt.Fprintln(os.Stderr, "a watch has ended:", err)
			return
		}
		event := answer{"event": "config", "watch": c.Watch, "kind": change.GetKind().String()}
		switch change.GetKind() {
		case pb.WatchConfigsResponse_PUT:
			event["name"], event["version"] = change.GetConfig().GetName(), change.GetConfig().GetVersion()
		case pb.WatchConfigsResponse_DELETED:
			event["name"] = change.GetName()
		}
		d.tell(event)
	}
}

func (d *driver) observe(c *command) {
	for event, err := range d.client.Observe(context.Background(), c.Name) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "a watch has ended:", err)
			return
		}
		leader := event.GetLeader()
		if event.GetElection() != nil {
			leader = event.GetElection().GetLeader()
		}
		var candidate any
		if leader != nil && event.GetKind() != pb.ObserveResponse_VACATED {
			candidate = leader.GetCandidate()
		}
		d.tell(answer{"event": "leader", "watch": c.Watch, "candidate": candidate})
	}
}

func (d *driver) conditions(c *command) []sharedlock.WriteOption {
	var options []sharedlock.WriteOption
	if c.Under != "" {
		if lock, err := d.lock(c.Under); err == nil {
			options = append(options, sharedlock.WithFence(lock))
		}
	}
	if c.IfMatch != "" {
		options = append(options, sharedlock.WithIfMatch(c.IfMatch))
	}
	return options
}

func (d *driver) lock(handle string) (held, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if lock := d.held[handle]; lock != nil {
		return lock, nil
	}
	return nil, fmt.Errorf("no lock %s", handle)
}

func (d *driver) session(handle string) *sharedlock.Session {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sessions[handle]
}

func milliseconds(count int) time.Duration { return time.Duration(count) * time.Millisecond }
