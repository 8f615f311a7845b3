"""What long runs gave: small files, read by lessons and networks."""
