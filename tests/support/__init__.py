"""What tests stand on: a PostgreSQL of their own, a real server process, a browser, the contract's recordings. Never product code."""
