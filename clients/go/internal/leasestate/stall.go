package leasestate

import "time"

// How late a tick may come, and how far the wall clock may run ahead between two ticks.
const tolerance = time.Second

// HasStalled says whether something stood still between two readings of time.Now that should be a period apart: the
// process, or the whole machine. Go's monotonic clock stands still while a machine sleeps (CLOCK_MONOTONIC of Linux); the
// wall clock goes on. A wall clock that was set forward looks the same: to doubt a lease too often does no harm.
func HasStalled(earlier, later time.Time, period time.Duration) bool {
	elapsed := later.Sub(earlier)
	wallElapsed := later.Round(0).Sub(earlier.Round(0))
	return elapsed > period+tolerance || wallElapsed > elapsed+tolerance
}
