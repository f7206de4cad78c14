"""One numbered chain for both databases. An empty database gets `head_*.sql` at once (a test proves it equal to the chain's end)."""

HEAD = "0002"
