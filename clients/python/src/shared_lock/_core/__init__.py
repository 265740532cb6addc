"""What both surfaces share: coroutines that run on the loop of `runtime`, in a thread of its own."""
