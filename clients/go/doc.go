// Package sharedlock is a client of the shared-lock daemon: locks with fencing tokens, sessions, leader election,
// counters and configuration documents.
//
//	client, err := sharedlock.Connect(ctx, []string{"localhost:50051"})
//	lock, err := client.Lock(ctx, "report")      // waits, first come, first served
//	defer lock.Unlock(ctx)
//	work(lock.Context(), lock.Token())           // the context is cancelled if the lock is lost
//
// The client renews what it holds, over a connection of its own; a renewal that is not answered soon is sent again to the
// next daemon. By its own monotonic clock it counts a lock as lost before anybody else can be granted it: then the lock's
// context is cancelled, and context.Cause of it is a *LostError. That a daemon can't be reached, or refuses to say more to
// this caller, is not a loss before that time. Calls go on at the next address when one fails, and what is repeated has a
// request id, so that it is done once.
//
// # What is not promised
//
// A lock alone is advisory: a process that stands still can't notice that it has lost its lock until it goes on. And Go's
// monotonic clock stands still while a machine sleeps (CLOCK_MONOTONIC of Linux): after that a lock may seem to be held for up to a
// second longer, until the client sees that the wall clock ran ahead, and asks. So give Token along with what you
// write, to a counter or a document of the daemon (WithFence), or to a resource that refuses lower ones.
package sharedlock
