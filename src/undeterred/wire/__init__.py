"""Messages and endpoints that cross a process boundary, declared once, one module a noun; what they mean is decided elsewhere."""
